from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_models.entities import EntityFinder
from nlp_models.problem import ModelProblem
from nlp_models.products import ProductName

FINDER = EntityFinder(r"MM\d{6}", [ProductName("P-1", {"en": "Linen duvet cover", "zh": "亚麻被套"})])


def found(text: str) -> list[tuple[str, str, str]]:
    return [(e.entity, e.value, text[e.start : e.end]) for e in FINDER.find(text)]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Where is MM104233?", "MM104233"),
        ("where is mm104233", "mm104233"),
        ("order #MM104233 please", "MM104233"),
        ("order MM 104 233 please", "MM 104 233"),
        ("order mm-104233, thanks", "mm-104233"),
        ("订单MM104233到哪了", "MM104233"),
        ("订单ＭＭ１０４２３３到哪了", "ＭＭ１０４２３３"),
        ("MM104233 5 towels", "MM104233"),
    ],
)
def test_order_numbers_however_they_are_written(text: str, written: str) -> None:
    assert found(text) == [("order_number", "MM104233", written)]


@pytest.mark.parametrize(
    "text", ["MM1042334", "AMM104233", "MM10423", "https://shop.example/o/MM104233", "MM104233abc"]
)
def test_what_is_no_order_number(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "code"), [("123456", "123456"), ("验证码是123456。", "123456"), ("the code is 123 456", "123456")]
)
def test_codes(text: str, code: str) -> None:
    assert [(e.entity, e.value) for e in FINDER.find(text)] == [("code", code)]


@pytest.mark.parametrize("text", ["1234567", "€123,456.00", "call 030 123456789", "12345", "2026-11-22", "#123456"])
def test_what_is_no_code(text: str) -> None:
    assert found(text) == []


def test_addresses_are_plain_and_hold_nothing_else() -> None:
    assert found("Mail Anna.123456@Example.com.") == [("email", "anna.123456@example.com", "Anna.123456@Example.com")]
    assert found("我的邮箱是anna@example.com谢谢") == [("email", "anna@example.com", "anna@example.com")]
    assert found("not@an@address") == []


def test_all_kinds_in_order_of_appearance() -> None:
    text = "My linen duvet cover from MM104233 is torn, a@b.de, code 654321"
    assert [kind for kind, _, _ in found(text)] == ["product", "order_number", "email", "code"]


def test_a_shop_of_another_pattern() -> None:
    finder = EntityFinder(r"[a-z]{2}-\d{4}")
    assert [e.value for e in finder.find("my order AB-1234")] == ["ab-1234"]
    assert EntityFinder(None).find("MM104233") == []


@pytest.mark.parametrize("pattern", ["MM[", r"\d*"])
def test_a_pattern_that_cannot_work_is_named(pattern: str) -> None:
    with pytest.raises(ModelProblem) as caught:
        EntityFinder(pattern)
    assert repr(pattern) in caught.value.what
    assert caught.value.next_step


@given(st.text(alphabet=st.sampled_from("mM10423 -#@.ab中文亚麻被套１２")))
def test_entities_lie_in_the_text_and_never_overlap(text: str) -> None:
    end = 0
    for entity in FINDER.find(text):
        assert end <= entity.start < entity.end <= len(text)
        end = entity.end


def test_a_hostile_text_takes_no_time() -> None:
    start = time.perf_counter()
    for text in ("a@" * 200_000, "a." * 200_000, "MM1 " * 200_000, "linen duvet " * 100_000, "麻" * 400_000):
        FINDER.find(text)
    assert time.perf_counter() - start < 5
