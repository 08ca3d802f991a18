"""Running an import: once per file, in chunks that survive a kill, with every row counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from rapport.store import ImportBatch, Problem, RejectedRow, Store, utcnow

from .report import ImportReport
from .source import Rejected, Source, insert_rows, sha256_of
from .stable_id import stable_id

Progress = Callable[[int, int], None]

# Loaded by name, because one of them needs DuckDB and `rapport --help` must not wait for it.
_SOURCES = {
    "online-retail": ("rapport.imports.online_retail", "OnlineRetail"),
    "tau-bench": ("rapport.imports.tau_bench", "TauBench"),
}
KINDS = tuple(_SOURCES)
CHUNK_ROWS = 20_000


def run(
    store: Store, kind: str, path: Path | str, progress: Progress | None = None, *, chunk_rows: int = CHUNK_ROWS
) -> ImportReport:
    """Import a file. The same file again changes nothing; after a kill, the same call goes on where it stopped.

    :param kind: one of :data:`KINDS`.
    :param path: the file, or for ``tau-bench`` the folder.
    :param progress: called with (rows handled, rows in all), first at the start and then after each chunk.
    :param chunk_rows: about how many rows are committed at once.
    :raises Problem: for an unknown kind, a file that cannot be read, missing columns, or a full disk.
    """
    source = _open(kind, Path(path).expanduser())
    with closing(source):
        batch = _batch(store, kind, Path(path), source)
        if batch.finished_at is not None:
            return _report(store, batch, source, unchanged=True)
        resumed_at = batch.rows_read
        with store.read() as session:
            source.begin(session)
        done = resumed_at
        if progress:
            progress(done, source.total)
        for rows in source.pieces(done, chunk_rows):
            try:
                _chunk(store, batch.id, source, rows, done)
            except DBAPIError as error:
                raise Problem(
                    f"The store refused to take rows after row {done} of {path}: {error.orig}.",
                    next_step="Put that right (is the disk full?) and run the same command again: it goes on there.",
                    code="import_stopped",
                ) from error
            done += len(rows)
            if progress:
                progress(done, source.total)
        with store.write() as session:
            finished = session.get_one(ImportBatch, batch.id)
            finished.finished_at = finished.finished_at or utcnow()
        return _report(store, finished, source, resumed_at=resumed_at)


def _open(kind: str, path: Path) -> Source:
    if kind not in _SOURCES:
        raise Problem(
            f"There is no importer for {kind!r}.",
            allowed=KINDS,
            next_step="Name one of them: rapport import KIND PATH.",
            code="import_kind",
        )
    module, name = _SOURCES[kind]
    try:
        source: Source = getattr(import_module(module), name)(path)
    except OSError as error:
        raise Problem(
            f"{error.filename or path} cannot be read: {error.strerror or error}.",
            next_step="Check the path and its permissions.",
            code="import_file",
        ) from error
    return source


def _batch(store: Store, kind: str, path: Path, source: Source) -> ImportBatch:
    """The batch of this very file: found, or begun. Its id comes from the checksum, so two starters share it."""
    digest = sha256_of(source.files)
    with store.write() as session:
        found = session.scalar(select(ImportBatch).where(ImportBatch.kind == kind, ImportBatch.sha256 == digest))
        if found is None:
            began = utcnow()
            found = ImportBatch(
                id=f"imp_{digest[:32]}", kind=kind, file=path.name[:255], sha256=digest, started_at=began,
                rows_read=0, rows_kept=0, rows_rejected=0,
            )  # fmt: skip
            session.add(found)
        return found


def _chunk(store: Store, batch_id: str, source: Source, rows: Sequence[Any], start: int) -> None:
    """One transaction: the rows, the rejected ones, and how far the file is read. All of it or nothing."""
    with store.write() as session:
        batch = session.get_one(ImportBatch, batch_id, with_for_update=True)
        if batch.rows_read != start:
            raise Problem(
                f"Another process is importing {batch.file} at this moment.",
                next_step="Wait until it has finished; run the same command again to see its report.",
                code="import_running",
            )
        rejected = source.write(session, rows)
        _set_aside(session, batch, rejected)
        batch.rows_read += len(rows)
        batch.rows_kept += len(rows) - len(rejected)
        batch.rows_rejected += len(rejected)


def _set_aside(session: Session, batch: ImportBatch, rejected: Sequence[Rejected]) -> None:
    insert_rows(
        session,
        RejectedRow,
        [
            {
                "id": stable_id("rej", batch.started_at, batch.id, item.number),
                "batch_id": batch.id,
                "row_number": item.number,
                "reason": item.reason,
                "row": item.row,
            }
            for item in rejected
        ],
    )


def _report(
    store: Store, batch: ImportBatch, source: Source, *, unchanged: bool = False, resumed_at: int = 0
) -> ImportReport:
    count = func.count()
    with store.read() as session:
        counted = session.execute(
            select(RejectedRow.reason, count)
            .where(RejectedRow.batch_id == batch.id)
            .group_by(RejectedRow.reason)
            .order_by(count.desc(), RejectedRow.reason)
        ).all()
    reasons = {row[0]: row[1] for row in counted}
    return ImportReport(
        batch_id=batch.id,
        kind=batch.kind,
        file=batch.file,
        read=batch.rows_read,
        kept=batch.rows_kept,
        rejected=batch.rows_rejected,
        reasons=reasons,
        explained={reason: source.reasons.get(reason, "") for reason in reasons},
        unchanged=unchanged,
        resumed_at=resumed_at,
    )
