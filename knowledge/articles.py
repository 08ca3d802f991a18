"""Importing a folder of articles into the store: versions, set-aside files, removals."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rapport.store import Article, ImportBatch, Problem, RejectedRow, Store, new_id, utcnow

from .articlefile import LANGUAGES, ArticleText, Unusable, parse

KIND = "articles"
_ATTEMPTS = 3


@dataclass
class ArticleReport:
    """What an import did. ``rejected`` holds (file, reason); the reason begins with a stable word and a colon."""

    kept: int = 0  # new articles and new versions, now served
    unchanged: int = 0
    removed: int = 0  # their file is gone, so they are no longer served
    rejected: list[tuple[str, str]] = field(default_factory=list)

    @property
    def read(self) -> int:
        """Files looked at."""
        return self.kept + self.unchanged + len(self.rejected)


@dataclass
class _Folder:
    texts: dict[tuple[str, str], ArticleText] = field(default_factory=dict)  # by (key, language)
    rejected: list[tuple[str, Unusable]] = field(default_factory=list)
    named: set[tuple[str, str]] = field(default_factory=set)  # what has a file, readable or not
    sha256: str = ""


def import_articles(store: Store, folder: Path | str, languages: Collection[str] = LANGUAGES) -> ArticleReport:
    """Bring the store's articles to what the folder holds, in one transaction.

    A changed file makes a new version and ends the old one; a missing file ends its article; an unusable file is set
    aside (as a ``RejectedRow``) and what it held before stays served. The same folder again changes nothing.

    :param folder: ``<language>/<topic>/<key>.md``.
    :raises Problem: when the folder is missing or holds not one usable article; then nothing is changed.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise Problem(f"There is no articles folder at {folder}.", next_step="Make one with: rapport init PATH",
                      code="articles_missing")  # fmt: skip
    found = _read(folder, languages)
    if not found.texts:
        reasons = [f"{file}: {reason}" for file, reason in found.rejected[:5]]
        raise Problem(
            f"{folder} holds no usable article, so the articles already in the store were left as they are. "
            + " ".join(reasons),
            next_step=f"Write one as {folder.name}/README.md describes, then run: rapport import",
            code="no_articles",
        )
    for attempt in range(_ATTEMPTS):
        try:
            with store.write() as session:
                return _apply(session, folder, found)
        except IntegrityError:  # another import wrote the same version first; look again
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def current_articles(session: Session) -> list[Article]:
    """The served articles: for each key and language the highest active version, ordered by key and language."""
    best: dict[tuple[str, str], Article] = {}
    for article in session.scalars(select(Article).where(Article.active).order_by(Article.version)):
        best[article.key, article.language] = article
    return [best[name] for name in sorted(best)]


def _read(folder: Path, languages: Collection[str]) -> _Folder:
    found = _Folder()
    files = sorted(file for file in folder.rglob("*.md") if file.name != "README.md" and file.is_file())
    places = [file.relative_to(folder) for file in files]
    topics = {place.parts[1] for place in places if len(place.parts) == 3}
    total = hashlib.sha256()
    for file, place in zip(files, places, strict=True):
        if len(place.parts) == 3:
            found.named.add((place.stem, place.parts[0]))
        try:
            raw = _bytes(file)
            total.update(f"{place}\0".encode() + hashlib.sha256(raw).digest())
            text = parse(raw, place, topics, languages)
            if (text.key, text.language) in found.texts:
                other = found.texts[text.key, text.language]
                raise Unusable("duplicate_key", f"{text.key!r} is already in {text.language}/{other.topic}")
        except Unusable as reason:
            found.rejected.append((place.as_posix(), reason))
        else:
            found.texts[text.key, text.language] = text
    found.sha256 = total.hexdigest()
    return found


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Unusable("unreadable", str(error.strerror)) from None


def _apply(session: Session, folder: Path, found: _Folder) -> ArticleReport:
    report = ArticleReport(rejected=[(file, str(reason)) for file, reason in found.rejected])
    rows: dict[tuple[str, str], list[Article]] = {}
    for article in session.scalars(select(Article).order_by(Article.version).with_for_update()):
        rows.setdefault((article.key, article.language), []).append(article)
    for name, text in found.texts.items():
        versions = rows.get(name, [])
        if versions and versions[-1].active and versions[-1].sha256 == text.sha256:
            report.unchanged += 1
            continue
        for article in versions:
            article.active = False
        session.add(_new_version(text, versions[-1].version + 1 if versions else 1))
        report.kept += 1
    for name, versions in rows.items():
        if name not in found.named and any(article.active for article in versions):
            for article in versions:
                article.active = False
            report.removed += 1
    _record(session, folder, found, report)
    return report


def _new_version(text: ArticleText, version: int) -> Article:
    return Article(
        id=new_id("art"), key=text.key, language=text.language, version=version, title=text.title, topic=text.topic,
        questions=list(text.questions), body=text.body, sha256=text.sha256, active=True,
    )  # fmt: skip


def _record(session: Session, folder: Path, found: _Folder, report: ArticleReport) -> None:
    """Write the batch and what was set aside, unless this run is the last one over again."""
    latest = session.scalars(
        select(ImportBatch).where(ImportBatch.kind == KIND).order_by(ImportBatch.id.desc()).limit(1)
    ).first()
    if latest is not None and latest.sha256 == found.sha256 and not report.kept and not report.removed:
        return
    batch = ImportBatch(
        id=new_id("imp"), kind=KIND, file=str(folder)[-255:], sha256=found.sha256, rows_read=report.read,
        rows_kept=report.kept + report.unchanged, rows_rejected=len(report.rejected), finished_at=utcnow(),
    )  # fmt: skip
    session.add(batch)
    session.flush()
    for number, (file, reason) in enumerate(found.rejected, 1):
        row = {"file": file, "detail": reason.detail}
        session.add(RejectedRow(id=new_id("rej"), batch_id=batch.id, row_number=number, reason=reason.code, row=row))
