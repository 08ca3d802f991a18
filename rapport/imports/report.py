"""What an import did."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ImportReport:
    """The counts of one file. ``read == kept + rejected``, always.

    :param batch_id: the ImportBatch row; its RejectedRow rows hold what was set aside.
    :param kind: one of :data:`rapport.imports.KINDS`.
    :param file: the name of the file or folder.
    :param read: rows in the file.
    :param kept: rows that are in the store now.
    :param rejected: rows set aside.
    :param reasons: reason -> how many rows, most first.
    :param explained: reason -> one sentence, for every reason in ``reasons``.
    :param unchanged: the same file had been imported before, so nothing was done.
    :param resumed_at: rows that an earlier, interrupted run had already handled.
    """

    batch_id: str
    kind: str
    file: str
    read: int
    kept: int
    rejected: int
    reasons: dict[str, int] = field(default_factory=dict)
    explained: dict[str, str] = field(default_factory=dict)
    unchanged: bool = False
    resumed_at: int = 0
