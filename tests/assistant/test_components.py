"""Our components inside Rasa: trained, loaded and asked in its own environment."""

from __future__ import annotations

from typing import Any

import pytest

EN = "Where is my order mm 104233, the linen duvet cover? Where is my parcel? Terrible!"
ZH = "我的订单MM104233里的亚麻被套到哪了"


@pytest.fixture(scope="module")
def result(run: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    answers: dict[str, Any] = run("components", tmp_path_factory.mktemp("rasa"))
    return answers


def entities(parsed: dict[str, Any]) -> set[tuple[str, str, str]]:
    text = parsed["text"]
    return {(e["entity"], e["value"], text[e["start"] : e["end"]]) for e in parsed["entities"]}


def test_english(result: dict[str, Any]) -> None:
    parsed = result["parsed"][EN]
    assert parsed["intent"]["name"] == parsed["intent_ranking"][0]["name"] == "order_status"
    assert parsed["language"] == {"value": "en", "certain": True}
    assert parsed["sentiment"]["label"] == "negative"
    assert entities(parsed) == {
        ("language", "en", EN),
        ("product", "P-1", "linen duvet cover"),
        ("order_number", "MM104233", "mm 104233"),
    }


def test_chinese(result: dict[str, Any]) -> None:
    parsed = result["parsed"][ZH]
    assert parsed["intent"]["name"] == parsed["intent_ranking"][0]["name"] == "order_status"
    assert parsed["language"] == {"value": "zh", "certain": True}
    assert parsed["sentiment"] == {"label": "neutral", "score": 0.0}
    assert entities(parsed) == {
        ("language", "zh", ZH),
        ("product", "P-1", "亚麻被套"),
        ("order_number", "MM104233", "MM104233"),
    }


def test_what_it_was_not_trained_for_is_unknown(result: dict[str, Any]) -> None:
    parsed = result["parsed"]["quantum chromodynamics lattice theory"]
    assert parsed["intent"]["name"] == "nlu_fallback"
    ranking = parsed["intent_ranking"]
    assert ranking[0] == parsed["intent"]
    assert {row["name"] for row in ranking[1:]} == {"greet", "order_status", "complain"}
    assert ranking[0]["confidence"] == pytest.approx(1 - ranking[1]["confidence"])


def test_an_order_number_alone_has_no_language(result: dict[str, Any]) -> None:
    parsed = result["parsed"]["MM104233"]
    assert parsed["language"] == {"value": None, "certain": False}
    assert parsed["sentiment"]["label"] is None
    assert entities(parsed) == {("order_number", "MM104233", "MM104233")}


def test_commands_are_left_to_rasa(result: dict[str, Any]) -> None:
    parsed = result["parsed"]['/complain{"language":"zh"}']
    assert parsed["intent"] == {"name": "complain", "confidence": 1.0}
    assert [(e["entity"], e["value"]) for e in parsed["entities"]] == [("language", "zh")]
    assert "sentiment" not in parsed
    assert result["kept_intent"] == [{"name": "complain", "confidence": 1.0}, "greet", "greet"]


def test_a_message_is_encoded_once_by_one_encoder(result: dict[str, Any]) -> None:
    assert result["encoded"] == [1, 1, 1, 1]  # four texts; the two that start with "/" not at all
    assert result["shared"]


def test_the_model_holds_no_pickle(result: dict[str, Any]) -> None:
    assert result["pickles"] == []
    assert {"intent.npz", "intent.json"} <= set(result["model_files"])


def test_bad_settings_are_named_with_the_allowed_ones(result: dict[str, Any]) -> None:
    assert len(result["refused"]) == 6
    for setting, message in result["refused"].items():
        assert message, f"accepted: {setting}"
        assert setting.split()[0] in message
    assert "Allowed: use-multilingual" in result["refused"]["EncoderComponent {'encoder': 'bert'}"]


def test_incremental_training_forgets_nothing(result: dict[str, Any]) -> None:
    assert result["after_incremental"] == ["complain", "greet", "order_status", "thanks"]


def test_damaged_and_missing_models_are_refused(result: dict[str, Any]) -> None:
    assert result["damaged"] == ["model_corrupt", "model_missing"]


def test_a_changed_catalogue_is_noticed_by_rasas_cache(result: dict[str, Any]) -> None:
    assert result["catalogue_is_an_input"]
