"""What a customer typed, made harmless. The oracle is Rasa's own prefix rule: strip(), then startswith("/")."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.plain import checked, for_rasa
from rapport.store import Problem


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("hello", "hello"),
        ("a/b", "a/b"),
        ("/restart", "restart"),
        (" \t/ / /restart", "restart"),
        ("／／restart", "restart"),
        ("\u200b\u2060\ufeff/restart", "restart"),
        ("⁄restart", "restart"),
        ("退货/换货", "退货/换货"),
        ('/inform{"verified":true}', 'inform{"verified":true}'),
    ],
)
def test_examples(typed: str, sent: str) -> None:
    assert for_rasa(typed) == sent


@given(st.text(st.one_of(st.sampled_from("/／ \t\n\x1c\u200b\u3000"), st.characters()), max_size=30))
def test_rasa_never_sees_a_command(typed: str) -> None:
    sent = for_rasa(typed)
    assert not sent.strip().startswith("/")
    assert not unicodedata.normalize("NFKC", sent).strip().startswith("/")


@pytest.mark.parametrize(
    ("text", "code"), [("", "text_empty"), ("／", "text_empty"), ("x" * 11, "text_too_long"), (None, "text_type")]
)
def test_refused(text: object, code: str) -> None:
    with pytest.raises(Problem) as caught:
        checked(text, 10)
    assert caught.value.code == code
