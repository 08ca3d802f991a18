"""How many of the question's telling words a passage holds: BM25 scaled to 0..1, over words and Chinese bigrams."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

K1 = 1.2
B = 0.5  # titles and questions are short by nature; full length normalisation would favour them too much

_RUN = re.compile(r"[a-z0-9]+|[\u3400-\u9fff\uf900-\ufaff]+")


def tokens(text: str) -> list[str]:
    """The words of a text without their commonest English endings; for Chinese, each run's character bigrams."""
    found: list[str] = []
    for run in _RUN.findall(text.lower().replace("'", "").replace("’", "")):
        if run[0].isascii():
            found.append(_stem(run))
        elif len(run) == 1:
            found.append(run)
        else:
            found += [run[at : at + 2] for at in range(len(run) - 1)]
    return found


def _stem(word: str) -> str:
    if len(word) > 4:
        for ending in ("ing", "ed", "es"):
            if word.endswith(ending) and len(word) - len(ending) >= 3:
                return word[: -len(ending)]
    if len(word) > 3 and word.endswith(("s", "e")) and not word.endswith("ss"):
        return word[:-1]
    return word


class Lexical:
    """BM25 over passages.

    :param texts: the passages, n of them.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(tokens(text)) for text in texts]
        lengths = np.array([sum(count.values()) for count in counts], dtype=np.float32)
        self._size = len(texts)
        mean = float(lengths.mean()) if len(texts) else 1.0
        slack = K1 * (1 - B + B * lengths / max(mean, 1.0))
        postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for row, count in enumerate(counts):
            for token, times in count.items():
                postings[token].append((row, times * (K1 + 1) / (times + float(slack[row])) / (K1 + 1)))
        self._postings = {
            token: (np.array([row for row, _ in pairs]), np.array([weight for _, weight in pairs], dtype=np.float32))
            for token, pairs in postings.items()
        }

    def scores(self, query: str) -> npt.NDArray[np.float32]:
        """The share of the query's weight each passage holds, shape (n,), 0..1.

        Dividing by what a perfect passage would get makes scores of different queries comparable, which a threshold
        needs; a word no passage has counts against all of them.
        """
        found = np.zeros(self._size, dtype=np.float32)
        possible = 0.0
        for token in set(tokens(query)):
            posting = self._postings.get(token)
            frequency = len(posting[0]) if posting else 0
            idf = float(np.log(1 + (self._size - frequency + 0.5) / (frequency + 0.5)))
            possible += idf
            if posting:
                rows, weights = posting
                found[rows] += idf * weights
        return found / possible if possible else found
