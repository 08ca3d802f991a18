from __future__ import annotations

import math
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from rapport.imports.country import country_code
from rapport.imports.source import json_safe, minor_units, one_line, sha256_of, whole_number


@pytest.mark.parametrize(
    ("value", "expected"),
    [(2.55, 255), (0.29, 29), (1, 100), (Decimal("19.99"), 1999), ("3.50", 350), (0, 0), (-1.5, -150),
     (math.nan, None), (math.inf, None), (None, None), ("free", None), (True, None), ({}, None), (1e12, None)],
)  # fmt: skip
def test_minor_units(value, expected):
    assert minor_units(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(6, 6), (6.0, 6), ("17850", 17850), (-80995, -80995), (1.5, None), (math.nan, None), (math.inf, None),
     (None, None), ("x", None), (False, None), (10**9, None)],
)  # fmt: skip
def test_whole_number(value, expected):
    assert whole_number(value) == expected


def test_one_line():
    assert one_line("  a\n b\x00c\ud800 ") == "a b c?"
    assert one_line(None) == ""
    assert len(one_line("x" * 999)) == 255


def test_json_safe():
    raw = {"n": math.nan, "i": 1, "f": 1.5, "at": datetime(2026, 1, 1), "t": "\x00\ud800", "l": (1, None, True), 5: "k"}
    assert json_safe(raw) == {
        "n": "nan", "i": 1, "f": 1.5, "at": "2026-01-01T00:00:00", "t": "\ufffd?", "l": [1, None, True], "5": "k",
    }  # fmt: skip


def test_checksum_depends_on_each_file_and_its_place(tmp_path: Path):
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_bytes(b"1")
    b.write_bytes(b"2")
    assert len({sha256_of([a]), sha256_of([b]), sha256_of([a, b]), sha256_of([b, a])}) == 4


@pytest.mark.parametrize(
    ("name", "code"),
    [("United Kingdom", "GB"), ("EIRE", "IE"), (" rsa ", "ZA"), ("Channel Islands", "ZZ"), (None, "ZZ")],
)
def test_country_code(name, code):
    assert country_code(name) == code
