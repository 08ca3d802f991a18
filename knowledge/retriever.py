"""The answer to a question: an article, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from nlp_models.encoders.base import Encoder
from rapport.store import Article, Retrieval, Store, new_id

from .calibration import Calibration, load
from .index import Index
from .passages import paragraphs
from .ranking import Ranked, rank

MAX_QUERY = 1000  # characters
CANDIDATES = 5
SUGGESTIONS = 3
NEAR_TIE = 0.03  # candidates this close to the best are marked: a person could not have told which was meant


@dataclass(frozen=True)
class FoundArticle:
    """An article as it is served now."""

    id: str
    key: str
    language: str
    version: int
    title: str
    topic: str
    body: str


@dataclass(frozen=True)
class Candidate:
    """One article that was considered."""

    article: FoundArticle
    score: float
    passage: str
    near_tie: bool  # within NEAR_TIE of the best, the best itself included


@dataclass(frozen=True)
class Retrieved:
    """What a search came to.

    ``article`` and ``passage`` are the best ones even when ``answered`` is false; then they must not be said as the
    answer, only offered ("did you mean"). They are none when nothing was found at all.
    """

    answered: bool
    article: FoundArticle | None
    passage: str | None
    score: float | None
    threshold: float
    suggest_from: float
    candidates: tuple[Candidate, ...]
    encoder: str

    @property
    def language(self) -> str | None:
        """The article's language, which is not always the one asked in."""
        return self.article.language if self.article else None

    @property
    def suggestions(self) -> tuple[Candidate, ...]:
        """What to offer instead of an answer, best first; nothing when the question is too far from any article.

        An article's title, sent back as a question, finds that article.
        """
        if self.answered or self.score is None or self.score < self.suggest_from:
            return ()
        return self.candidates[:SUGGESTIONS]


class Retriever:
    """Searches the articles. Threads may share one.

    :param index: ``Index.load(folder, encoder)``.
    :param calibration: the thresholds; left out, those stored beside the index, else the shipped ones.
    :raises Problem: when the stored ones are damaged or another encoder's, or none are shipped for this encoder.
    """

    def __init__(self, store: Store, index: Index, encoder: Encoder, calibration: Calibration | None = None) -> None:
        self.store, self.index, self.encoder = store, index, encoder
        self.calibration = load(index.folder, encoder) if calibration is None else calibration

    def search(
        self, query: str, language: str, conversation_id: str | None = None, message_id: str | None = None
    ) -> Retrieved:
        """The best article, and whether it is good enough to be said.

        An article in the asked language is preferred. One that exists only in another language is returned with that
        language marked, when none in the asked language is good enough.

        :param language: BCP 47 code of the question.
        :param conversation_id: given, the search is written down as a ``Retrieval``.
        :param message_id: the message it answers; the same one again is written down once.
        """
        text = " ".join(query.split())[:MAX_QUERY]
        candidates = self._candidates(text, language) if text else []
        found = self._decide(candidates, language)
        if conversation_id is not None:
            self._record(found, text, language, conversation_id, message_id)
        return found

    def _candidates(self, text: str, language: str) -> list[Candidate]:
        ranked = rank(self.index, text, self.encoder.encode([text])[0], language)
        # Some may have been withdrawn since the index was made, so more are looked up than are needed.
        served = self._served([one.key for one in ranked[: 4 * CANDIDATES]])
        ranked = [one for one in ranked if (one.key, one.language) in served]
        return [self._candidate(one, served[one.key, one.language]) for one in ranked]

    def _candidate(self, ranked: Ranked, article: FoundArticle) -> Candidate:
        passage = self.index.passages[ranked.row]
        # A newer version than the indexed one: its first paragraph is surely in it, the old passage may not be.
        text = passage.text if passage.article_id == article.id else (paragraphs(article.body) or [article.title])[0]
        return Candidate(article, round(ranked.score, 6), text, near_tie=False)

    def _served(self, keys: Sequence[str]) -> dict[tuple[str, str], FoundArticle]:
        with self.store.read() as session:
            rows = session.scalars(
                select(Article).where(Article.key.in_(keys), Article.active).order_by(Article.version)
            )
            return {
                (row.key, row.language): FoundArticle(
                    row.id, row.key, row.language, row.version, row.title, row.topic, row.body
                )
                for row in rows
            }

    def _decide(self, candidates: list[Candidate], language: str) -> Retrieved:
        own = [one for one in candidates if one.article.language == language]
        foreign = [one for one in candidates if one.article.language != language]
        for group in (own, foreign):
            if group and group[0].score >= self._threshold(language, group[0]):
                return self._retrieved(True, group[0], candidates, language)
        best = next(iter(own or foreign), None)
        return self._retrieved(False, best, candidates, language)

    def _retrieved(
        self, answered: bool, best: Candidate | None, candidates: list[Candidate], language: str
    ) -> Retrieved:
        if best is None:
            threshold = self.calibration.threshold(language, language)
            return Retrieved(False, None, None, None, threshold, threshold, (), self.encoder.name)
        kept = [best, *(one for one in candidates if one is not best)][:CANDIDATES]
        marked = tuple(
            Candidate(one.article, one.score, one.passage, near_tie=one.score >= best.score - NEAR_TIE) for one in kept
        )
        threshold = self._threshold(language, best)
        suggest = self.calibration.suggest_from(language, best.article.language)
        return Retrieved(
            answered, best.article, best.passage, best.score, threshold, suggest, marked, self.encoder.name
        )

    def _threshold(self, language: str, candidate: Candidate) -> float:
        return self.calibration.threshold(language, candidate.article.language)

    def _record(self, found: Retrieved, text: str, language: str, conversation_id: str, message_id: str | None) -> None:
        row = Retrieval(
            id=new_id("ret"), conversation_id=conversation_id, message_id=message_id, query=text, language=language,
            article_id=found.article.id if found.article else None, score=found.score, threshold=found.threshold,
            answered=found.answered, encoder=found.encoder,
            candidates=[
                {"article_id": one.article.id, "key": one.article.key, "language": one.article.language,
                 "score": one.score, "near_tie": one.near_tie}
                for one in found.candidates
            ],
        )  # fmt: skip
        try:
            with self.store.write() as session:
                seen = select(Retrieval.id).where(Retrieval.message_id == message_id)
                if message_id is None or session.scalar(seen) is None:
                    session.add(row)
        except IntegrityError:  # the same message was searched for elsewhere a moment ago
            if message_id is None:
                raise
