"""The trained model as a file: missing, damaged, or of other inputs. Training itself is in tests/house."""

from __future__ import annotations

import hashlib
import json

import pytest

from rapport.cli import model
from rapport.shop import Shop
from rapport.store import Problem


def put_model(shop: Shop, content: bytes = b"a model", fingerprint: str = "f") -> None:
    file = model.model_file(shop)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    stamp = {"fingerprint": fingerprint, "sha256": hashlib.sha256(content).hexdigest()}
    file.with_name("assistant.json").write_text(json.dumps(stamp))


def test_a_missing_model_says_how_to_make_one(shop: Shop) -> None:
    with pytest.raises(Problem) as caught:
        model.check_model(shop)
    assert caught.value.code == "model_missing"
    assert "rapport train" in caught.value.next_step


def test_a_whole_model_is_current_for_its_inputs_only(shop: Shop) -> None:
    put_model(shop)
    assert model.check_model(shop) == model.model_file(shop)
    assert model.is_current(shop, "f")
    assert not model.is_current(shop, "g")


@pytest.mark.parametrize("damage", ["truncated", "stamp gone", "stamp broken"])
def test_a_damaged_model_is_refused_and_trained_anew(shop: Shop, damage: str) -> None:
    put_model(shop)
    stamp = model.model_file(shop).with_name("assistant.json")
    if damage == "truncated":
        model.model_file(shop).write_bytes(b"a mod")
    elif damage == "stamp gone":
        stamp.unlink()
    else:
        stamp.write_text("{")
    with pytest.raises(Problem) as caught:
        model.check_model(shop)
    assert caught.value.code == "model_damaged"
    assert not model.is_current(shop, "f")


def test_a_missing_assistant_environment_says_how_to_make_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_ASSISTANT_PYTHON", "/nowhere/python")
    put_model(shop)
    with pytest.raises(Problem) as caught:
        model.train_model(shop, shop.folder, "g")
    assert caught.value.code == "assistant_missing"
    assert "make" in caught.value.next_step
    assert model.is_current(shop, "f")  # the old one is still there
