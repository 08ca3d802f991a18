"""The three JSON files of tau-bench retail, as one run of records."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rapport.store import Problem

NAMES = ("users", "products", "orders")


class Record(NamedTuple):
    """One row: its number from 1 over all files, the file's name, its key there, and what stands there."""

    number: int
    file: str
    key: str
    value: Any


def find(folder: Path, name: str) -> Path:
    """The file of that name, packed or not.

    :raises Problem: when there is none.
    """
    for file in (folder / f"{name}.json.gz", folder / f"{name}.json"):
        if file.is_file():
            return file
    raise Problem(
        f"{folder} has no {name}.json.gz and no {name}.json.",
        allowed=[f"{each}.json.gz" for each in NAMES],
        next_step="Give the folder that holds all three.",
        code="import_columns",
    )


def load(file: Path) -> dict[str, Any]:
    """The records of one file by their keys.

    :raises OSError: when it cannot be read.
    :raises Problem: when it is not JSON, or not an object.
    """
    data = file.read_bytes()
    try:
        loaded = json.loads(gzip.decompress(data) if file.suffix == ".gz" else data)
    except (ValueError, EOFError, OSError, zlib.error, RecursionError) as error:
        raise Problem(
            f"{file} is not JSON that can be read: {error}.",
            allowed=["JSON, UTF-8, plain or gzip"],
            next_step="Download it again.",
            code="import_file",
        ) from None
    if not isinstance(loaded, dict):
        raise Problem(
            f"{file} holds a {type(loaded).__name__}, not an object of records by their ids.",
            allowed=['{"<id>": {...}, ...}'],
            next_step="Give the files as tau-bench publishes them.",
            code="import_columns",
        )
    return loaded


def flat(loaded: Mapping[str, dict[str, Any]]) -> Iterator[tuple[str, str, Any]]:
    """All rows: users, then items (each with its product's name), then orders, as (file, key, value)."""
    for key, user in loaded["users"].items():
        yield "users", key, user
    for key, product in loaded["products"].items():
        variants = product.get("variants") if isinstance(product, dict) else None
        if not isinstance(variants, dict) or not variants:
            yield "products", key, product
            continue
        for item_id, item in variants.items():
            yield "products", key, {"product_id": key, "name": product.get("name"), "item_id": item_id, "item": item}
    for key, order in loaded["orders"].items():
        yield "orders", key, order
