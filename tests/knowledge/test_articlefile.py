"""Reading one article file, and every reason to set one aside."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.articlefile import MAX_FILE_BYTES, Unusable, parse

PLACE = Path("en/delivery/parcel-late.md")
GOOD = """---
key: parcel-late
title: My parcel is late
topic: delivery
questions:
  - Where is it?
---
Ask the carrier.
"""


def read(text: str | bytes, place: Path = PLACE) -> object:
    raw = text if isinstance(text, bytes) else text.encode()
    return parse(raw, place, topics={"delivery", "returns"})


def test_a_good_file_is_read() -> None:
    article = parse(GOOD.encode(), PLACE, {"delivery"})
    assert (article.key, article.language, article.topic) == ("parcel-late", "en", "delivery")
    assert article.questions == ("Where is it?",)
    assert article.body == "Ask the carrier."


def test_line_ends_a_byte_order_mark_and_the_date_make_no_other_content() -> None:
    plain = parse(GOOD.encode(), PLACE, {"delivery"})
    windows = parse(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode(), PLACE, {"delivery"})
    dated = parse(GOOD.replace("questions:", "updated: 2026-01-01\nquestions:").encode(), PLACE, {"delivery"})
    reworded = parse(GOOD.replace("carrier", "courier").encode(), PLACE, {"delivery"})
    assert plain.sha256 == windows.sha256 == dated.sha256
    assert plain.sha256 != reworded.sha256


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("not_utf8", GOOD.replace("late", "überfällig").encode("latin-1")),
        ("not_text", GOOD.replace("Ask", "As\x00k")),
        ("no_front_matter", "Just text."),
        ("no_front_matter", GOOD.replace("---\nAsk", "Ask")),
        ("no_front_matter", ""),
        ("broken_yaml", GOOD.replace("title: My", "title: [My")),
        ("broken_yaml", GOOD.replace("questions:", "updated: 2026-13-45\nquestions:")),
        ("broken_yaml", "---\n- a\n- b\n---\nText."),
        ("broken_yaml", "---\n" + "[" * 20_000 + "\n---\nText."),
        ("missing_key", GOOD.replace("title: My parcel is late\n", "")),
        ("missing_key", GOOD.replace("  - Where is it?\n", "")),
        ("bad_value", GOOD.replace("My parcel is late", "42")),
        ("bad_value", GOOD.replace("Where is it?", "Note: where is it?")),
        ("bad_value", GOOD.replace("My parcel is late", "x" * 256)),
        ("bad_value", GOOD.replace("key: parcel-late", "key: Parcel Late")),
        ("key_mismatch", GOOD.replace("key: parcel-late", "key: parcel-lost")),
        ("unknown_topic", GOOD.replace("topic: delivery", "topic: astrology")),
        ("topic_mismatch", GOOD.replace("topic: delivery", "topic: returns")),
        ("language_mismatch", GOOD.replace("topic:", "language: zh\ntopic:")),
        ("empty_body", GOOD.replace("Ask the carrier.", "   ")),
        ("too_large", GOOD + "x" * MAX_FILE_BYTES),
    ],
)
def test_bad_files_are_named_by_their_fault(code: str, text: str | bytes) -> None:
    with pytest.raises(Unusable) as raised:
        read(text)
    assert raised.value.code == code
    assert raised.value.detail


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("misplaced", "en/parcel-late.md"),
        ("misplaced", "en/a/b/parcel-late.md"),
        ("unknown_language", "fr/delivery/x.md"),
    ],
)
def test_a_wrong_place_is_named(code: str, place: str) -> None:
    with pytest.raises(Unusable) as raised:
        read(GOOD, Path(place))
    assert raised.value.code == code


def test_broken_yaml_names_the_line_of_the_file() -> None:
    with pytest.raises(Unusable, match="line 4"):
        read(GOOD.replace("topic: delivery", "topic: 'delivery\nx'y: z").replace("'delivery\nx'y: z", "@delivery"))
