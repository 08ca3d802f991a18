"""Cutting articles into passages."""

from __future__ import annotations

from knowledge.passages import MAX_PASSAGE, paragraphs, passages_of, passages_of_all
from rapport.store import Article


def an_article(**changes: object) -> Article:
    values = {"id": "art_1", "key": "k", "language": "en", "version": 1, "title": "T", "topic": "t",
              "questions": ["Q1?", "Q2?"], "body": "One.\n\nTwo.", "sha256": "x"}  # fmt: skip
    return Article(**{**values, **changes})


def test_title_questions_and_paragraphs_each_make_one() -> None:
    found = [(one.kind, one.text) for one in passages_of(an_article())]
    assert found == [
        ("title", "T"),
        ("question", "Q1?"),
        ("question", "Q2?"),
        ("paragraph", "One."),
        ("paragraph", "Two."),
    ]


def test_the_same_text_is_kept_once_and_long_text_is_cut() -> None:
    found = passages_of(an_article(title="Q1?", body="x" * 5000))
    assert [one.kind for one in found] == ["title", "question", "paragraph"]
    assert len(found[-1].text) == MAX_PASSAGE


def test_markup_is_dropped_and_a_list_is_one_block() -> None:
    body = (
        "# Head\n\nSee **our** [page](https://x.example) now\nplease.\n\n- one\n- two\n\n"
        "| a | b |\n|---|---|\n| c | d |\n"
    )
    assert paragraphs(body) == ["Head", "See our page now please.", "one two", "a b c d"]
    assert paragraphs("\n<script>bad()</script>\n") == []


def test_rows_of_one_article_stay_together() -> None:
    many = [an_article(id="1", key="a"), an_article(id="2", key="a", language="zh"), an_article(id="3", key="b")]
    order = [(one.language, one.key) for one in passages_of_all(many)]
    assert order == sorted(order)
