"""Hashed character n-grams: what a text looks like, where the encoder says what it means."""

from __future__ import annotations

import re
import unicodedata
import zlib
from typing import Any

import numpy as np

BUCKETS = 4096
_MASKS = ((re.compile(r"\S+@\S+"), "@"), (re.compile(r"[a-z]*\d[a-z\d-]*"), "0"))
_PARTS = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[^\W\d_]+|[@0?!]")
_LOOK = 1000  # characters


def normalise(text: str) -> str:
    """A text without what differs between writers: width, case, the very number or address."""
    text = unicodedata.normalize("NFKC", text[:_LOOK]).casefold()
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    return text


def buckets(text: str) -> tuple[np.ndarray[Any, np.dtype[np.int64]], np.ndarray[Any, np.dtype[np.float32]]]:
    """The buckets a text falls into, ascending, and their weights (a vector of length 1).

    Chinese runs give 1- to 3-grams, words of other scripts 3- to 5-grams with their edges marked. The hash is CRC-32,
    the same in every Python.
    """
    found: set[int] = set()
    for part in _PARTS.findall(normalise(text)):
        sizes: tuple[int, ...]
        if "\u3400" <= part[0] <= "\u9fff":
            sizes = (1, 2, 3)
        elif len(part) == 1:
            sizes = (1,)
        else:
            part, sizes = f"<{part}>", (3, 4, 5)
        for size in sizes:
            for start in range(len(part) - size + 1):
                found.add(zlib.crc32(part[start : start + size].encode()) % BUCKETS)
    index = np.array(sorted(found), dtype=np.int64)
    weight = np.float32(1.0 / np.sqrt(max(len(index), 1)))
    return index, np.full(len(index), weight, dtype=np.float32)
