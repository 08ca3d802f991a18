"""Encoders by name; one of each per process."""

from __future__ import annotations

import threading

from nlp_models.encoders.base import Encoder, Vectors
from nlp_models.problem import ModelProblem

DEFAULT = "use-multilingual"
NAMES = ("use-multilingual",)

__all__ = ["DEFAULT", "NAMES", "Encoder", "Vectors", "load"]

_loaded: dict[str, Encoder] = {}
_lock = threading.Lock()


def load(name: str = DEFAULT) -> Encoder:
    """The encoder of that name; the same object for every caller in a process.

    :raises ModelProblem: when there is no such encoder, its package is missing, or its files have changed.
    """
    if name not in NAMES:
        raise ModelProblem(f"There is no encoder {name!r}.", allowed=NAMES, code="encoder_unknown")
    with _lock:
        if name not in _loaded:
            from nlp_models.encoders.use_multilingual import UseMultilingual

            _loaded[name] = UseMultilingual()
        return _loaded[name]
