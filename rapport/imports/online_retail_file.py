"""The UCI Online Retail parquet file, read with DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from rapport.store import Problem

COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
_NUMBERS = ("INT", "UINT", "BIGINT", "UBIGINT", "HUGEINT", "SMALLINT", "TINYINT", "DOUBLE", "FLOAT", "DECIMAL")
_FETCH = 10_000


class Row(NamedTuple):
    """A row as it stands in the file; ``number`` counts from 1."""

    number: int
    invoice: Any
    code: Any
    description: Any
    quantity: Any
    at: Any
    price: Any
    customer: Any
    country: Any


class OnlineRetailFile:
    """The file, open and with the right columns.

    :raises OSError: when it cannot be read.
    :raises Problem: when it is not parquet, or lacks a column.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb"):  # a clearer error than DuckDB's for a file that is missing or locked away
            pass
        self.path = path
        self._duckdb = duckdb.connect()
        try:
            self._check_columns()
            self.total = int(self._all("SELECT count(*) FROM read_parquet(?)")[0][0])
        except duckdb.Error as error:
            self.close()
            raise Problem(
                f"{path} is not a parquet file that can be read: {str(error).splitlines()[0]}",
                allowed=[f"parquet with the columns {', '.join(COLUMNS)}"],
                next_step="Download it again, or convert it to parquet first.",
                code="import_file",
            ) from None
        except Problem:
            self.close()
            raise

    def close(self) -> None:
        """Give back DuckDB's connection."""
        self._duckdb.close()

    def _all(self, sql: str) -> list[tuple[Any, ...]]:
        return self._duckdb.execute(sql, [str(self.path)]).fetchall()

    def _check_columns(self) -> None:
        types = {row[0]: str(row[1]) for row in self._all("DESCRIBE SELECT * FROM read_parquet(?)")}
        missing = [column for column in COLUMNS if column not in types]
        if missing:
            raise Problem(
                f"{self.path} lacks the columns {', '.join(missing)}; it has {', '.join(types)}.",
                allowed=COLUMNS,
                next_step="Give the UCI Online Retail file, or rename its columns to these.",
                code="import_columns",
            )
        if not types["UnitPrice"].startswith(_NUMBERS) or not types["Quantity"].startswith(_NUMBERS):
            raise Problem(
                f"{self.path}: Quantity is {types['Quantity']} and UnitPrice {types['UnitPrice']}, not numbers.",
                allowed=["Quantity: INTEGER", "UnitPrice: DOUBLE"],
                next_step="Convert them, then run the import again.",
                code="import_columns",
            )

    def names(self) -> dict[str, str]:
        """Each stock code's most frequent description (of equals the first by alphabet), keys in upper case."""
        found = self._all(
            """
            SELECT upper(trim(CAST(StockCode AS VARCHAR))) AS code, trim(CAST(Description AS VARCHAR)) AS name
            FROM read_parquet(?) WHERE code IS NOT NULL AND name <> '' AND UnitPrice > 0
            GROUP BY ALL ORDER BY count(*), name DESC
            """
        )
        return dict(found)

    def prices(self) -> dict[str, float]:
        """Each stock code's price when it was last sold, in pounds, keys in upper case."""
        found = self._all(
            """
            SELECT upper(trim(CAST(StockCode AS VARCHAR))) AS code, CAST(UnitPrice AS DOUBLE)
            FROM read_parquet(?, file_row_number = true)
            WHERE code IS NOT NULL AND Quantity > 0 AND UnitPrice >= 0.01
            QUALIFY row_number() OVER (PARTITION BY code ORDER BY InvoiceDate DESC NULLS LAST, file_row_number DESC) = 1
            """
        )
        return dict(found)

    def rows(self, start: int) -> Iterator[Row]:
        """All rows after the first ``start``, invoice by invoice in the order of their first rows."""
        cursor = self._duckdb.execute(
            f"""
            SELECT file_row_number + 1, CAST(InvoiceNo AS VARCHAR), CAST(StockCode AS VARCHAR), Description, Quantity,
                   InvoiceDate, UnitPrice, CustomerID, Country
            FROM read_parquet(?, file_row_number = true)
            ORDER BY min(file_row_number) OVER (PARTITION BY CAST(InvoiceNo AS VARCHAR)), file_row_number
            OFFSET {int(start)}
            """,  # noqa: S608 - an integer of ours
            [str(self.path)],
        )
        while part := cursor.fetchmany(_FETCH):
            yield from map(Row._make, part)
