"""The search index: a faiss index over passages, and the articles they belong to."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from nlp_models.encoders.base import Encoder
from rapport.store import Article, Problem, Store

from . import indexfolder
from .articles import current_articles
from .lexical import Lexical
from .passages import SCHEME, Passage, passages_of_all

FORMAT = 1
VECTORS, PASSAGES = "passages.faiss", "passages.json"
_BATCH = 256
Vector = npt.NDArray[np.float32]


class Index:
    """A loaded index; it never changes, so threads may share it.

    :param vectors: an inner-product index, row i the vector of ``passages[i]``; the rows of an article are adjacent.
    :param meta: encoder name and sha256, dimension, the articles' fingerprint.
    :param folder: where it was loaded from; its thresholds lie there too.
    """

    def __init__(self, vectors: faiss.Index, passages: Sequence[Passage], meta: dict[str, Any], folder: Path) -> None:
        self.folder = folder
        self.passages = tuple(passages)
        self.encoder: str = meta["encoder"]
        self.encoder_sha256: str = meta["encoder_sha256"]
        self.dimension: int = meta["dimension"]
        self.fingerprint: str = meta["fingerprint"]
        self.version: str = meta["version"]
        self._vectors = vectors
        rows: dict[tuple[str, str], list[int]] = defaultdict(list)
        for row, passage in enumerate(self.passages):
            rows[passage.key, passage.language].append(row)
        self._rows = {name: np.array(numbers) for name, numbers in rows.items()}
        self._names = list(self._rows)  # (key, language), one per article, in the order of ``words``
        self._languages: dict[str, list[str]] = defaultdict(list)  # key -> languages it is written in
        for key, language in self._names:
            self._languages[key].append(language)
        self._lexical = Lexical([" ".join(self.passages[row].text for row in self._rows[name]) for name in self._names])

    @classmethod
    def load(cls, folder: Path | str, encoder: Encoder) -> Index:
        """The index in a folder.

        :raises Problem: ``index_missing``, ``index_corrupt`` (a file is gone, cut short or changed), or
            ``index_encoder`` (its vectors are another encoder's).
        """
        return indexfolder.read(Path(folder), lambda files: cls._from_files(Path(folder), files, encoder))

    @classmethod
    def _from_files(cls, folder: Path, files: dict[str, bytes], encoder: Encoder) -> Index:
        try:
            meta = json.loads(files[indexfolder.META])
            if meta["format"] != FORMAT:
                raise ValueError(f"its format is {meta['format']}, this version reads {FORMAT}")
            _check_encoder(folder, meta, encoder)
            passages = [Passage(**row) for row in json.loads(files[PASSAGES])]
            vectors = faiss.deserialize_index(np.frombuffer(files[VECTORS], dtype=np.uint8))
            if (vectors.ntotal, vectors.d) != (len(passages), encoder.dimension):
                raise ValueError(f"{vectors.ntotal} vectors of {vectors.d} numbers for {len(passages)} passages")
            return cls(vectors, passages, meta, folder)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:  # RuntimeError is what faiss raises
            raise indexfolder.corrupt(folder, str(error)) from None

    @property
    def articles(self) -> tuple[tuple[str, str], ...]:
        """(key, language) of every article in it."""
        return tuple(self._names)

    def languages_of(self, key: str) -> tuple[str, ...]:
        """The languages an article is written in; none for an unknown key."""
        return tuple(self._languages.get(key, ()))

    def rows_of(self, key: str, language: str) -> npt.NDArray[np.int64]:
        """The rows of one article's passages."""
        return self._rows[key, language]

    def nearest(self, vector: Vector, count: int) -> list[int]:
        """The rows whose vectors are nearest to one of shape (dimension,), best first, at most ``count``."""
        if not self.passages:
            return []
        _, rows = self._vectors.search(vector[np.newaxis].astype(np.float32), min(count, len(self.passages)))
        return [int(row) for row in rows[0] if row >= 0]

    def cosines(self, vector: Vector, rows: npt.NDArray[np.int64]) -> Vector:
        """The exact inner products of a vector with some rows, shape (len(rows),)."""
        found: Vector = self._vectors.reconstruct_batch(rows) @ vector
        return found

    def words(self, query: str) -> dict[tuple[str, str], float]:
        """(key, language) -> lexical score 0..1, for the articles that share a word with the query."""
        scores = self._lexical.scores(query)
        return {self._names[at]: float(scores[at]) for at in np.flatnonzero(scores)}


def build(store: Store, encoder: Encoder, folder: Path | str) -> Index:
    """Make the index of the store's current articles and put it in place of the old one, all or nothing.

    :param folder: made when missing. Readers see the old index until the new one is complete.
    :raises Problem: when the store holds no article, or the disk won't take the files.
    """
    folder = Path(folder)
    with store.read() as session:
        articles = current_articles(session)
        passages, fingerprint = passages_of_all(articles), fingerprint_of(articles)
    if not passages:
        raise Problem("There is no article to search.", next_step="Run: rapport import", code="no_articles")
    vectors = faiss.IndexFlatIP(encoder.dimension)
    for start in range(0, len(passages), _BATCH):
        texts = [passage.text for passage in passages[start : start + _BATCH]]
        vectors.add(np.ascontiguousarray(encoder.encode(texts), dtype=np.float32))
    files = {
        VECTORS: faiss.serialize_index(vectors).tobytes(),
        PASSAGES: json.dumps([asdict(passage) for passage in passages], ensure_ascii=False).encode(),
    }
    meta = {
        "format": FORMAT,
        "encoder": encoder.name,
        "encoder_sha256": encoder.sha256,
        "dimension": encoder.dimension,
        "fingerprint": fingerprint,
        "articles": len(articles),
        "passages": len(passages),
    }
    indexfolder.write(folder, files, meta)
    return Index.load(folder, encoder)


def up_to_date(store: Store, encoder: Encoder, folder: Path | str) -> bool:
    """Whether the folder holds a sound index of exactly the store's current articles by this encoder."""
    with store.read() as session:
        fingerprint = fingerprint_of(current_articles(session))
    try:
        return Index.load(folder, encoder).fingerprint == fingerprint
    except Problem:
        return False


def fingerprint_of(articles: Sequence[Article]) -> str:
    """One sha256 over which articles, versions and contents are served, and how they are cut into passages."""
    names = sorted((one.id, one.key, one.language, one.version, one.sha256) for one in articles)
    return hashlib.sha256(json.dumps([SCHEME, names]).encode()).hexdigest()


def _check_encoder(folder: Path, meta: dict[str, Any], encoder: Encoder) -> None:
    made, asked = ((meta["encoder"], meta["encoder_sha256"], meta["dimension"]),
                   (encoder.name, encoder.sha256, encoder.dimension))  # fmt: skip
    if made != asked:
        raise Problem(
            f"The index in {folder} was made with the encoder {made[0]} ({made[1][:12]}, {made[2]} numbers), not with "
            f"{asked[0]} ({asked[1][:12]}, {asked[2]} numbers): their vectors can't be compared.",
            allowed=[encoder.name],
            next_step="Run: rapport train",
            code="index_encoder",
        )
