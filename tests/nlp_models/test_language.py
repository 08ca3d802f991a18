from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_models.language import Language, detect, identify


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("where is my parcel?", Language("en", True)),
        ("我的包裹在哪里？", Language("zh", True)),
        ("我的duvet cover什么时候到", Language("zh", True)),
        ("Is 枫苔 the name of your shop in China as well?", Language("en", True)),
        ("MM104233 到哪了", Language("zh", True)),
        ("我的邮箱是 anna.schmidt@example.com", Language("zh", True)),
        ("where is MM104233", Language("en", True)),
        ("訂單到了嗎", Language("zh", True)),
    ],
)
def test_certain(text: str, expected: Language) -> None:
    assert identify(text) == expected


@pytest.mark.parametrize(
    "text", ["", "   ", "12345", "😀😀", "MM104233", "#mm104233", "anna@example.com", "?!", "123 456"]
)
def test_says_nothing_about_the_language(text: str) -> None:
    assert identify(text) == Language(None, False)


@pytest.mark.parametrize("text", ["ok", "OK!", "hello", "XL", "no thanks"])
def test_words_chinese_customers_type_too_are_not_acted_on(text: str) -> None:
    assert identify(text) == Language("en", False)


@pytest.mark.parametrize("text", ["これはペンです", "안녕하세요", "Где моя посылка"])
def test_other_scripts_are_neither(text: str) -> None:
    assert detect(text) is None


@given(st.text())
def test_any_text_has_an_answer(text: str) -> None:
    found = identify(text)
    assert found.value in ("en", "zh", None)
    assert found.value or not found.certain


@pytest.mark.parametrize("text", ["a" * 4000, "a@" * 2000, "a." * 2000, "x@" + "a-" * 2000, "-" * 4000])
def test_a_long_run_is_not_looked_through_again_from_each_of_its_letters(text: str) -> None:
    def seconds(sample: str) -> float:
        began = time.process_time()
        identify(sample)
        return time.process_time() - began

    assert min(seconds(text) for _ in range(3)) < 0.02  # the unbounded patterns took up to 0.3
