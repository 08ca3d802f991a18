"""What every encoder offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

Vectors = np.ndarray[Any, np.dtype[np.float32]]


class Encoder(Protocol):
    """Turns texts into vectors whose cosine says how near they are in meaning.

    Vectors of two encoders can't be compared: whatever is stored with vectors stores ``name`` and ``sha256`` too.
    """

    @property
    def name(self) -> str:
        """The encoder's name, such as ``use-multilingual``."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def languages(self) -> tuple[str, ...]:
        """BCP 47 codes of the languages of ours it was made for."""

    @property
    def sha256(self) -> str:
        """Of the weights file, in hex."""

    @property
    def licence(self) -> str:
        """SPDX identifier of the weights' licence."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors of texts: float32, shape (n, dimension), rows of length 1."""
