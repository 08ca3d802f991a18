"""The fix for Rasa's slow check of action results: faster, and as strict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from assistant.components import action_schema


@pytest.fixture(scope="module")
def checked(run: Any) -> dict[str, Any]:
    answers: dict[str, Any] = run("action_schema")
    return answers


def test_rasa_checks_the_schema_once_for_all_calls(checked: dict[str, Any]) -> None:
    assert checked["before_checks"] == 3
    assert checked["after_checks"] == 1
    assert checked["installed"] == "assistant.components.action_schema"


def test_it_is_faster_by_far(checked: dict[str, Any]) -> None:
    assert checked["after_ms"] < checked["before_ms"] / 5


def test_bad_results_are_still_refused(checked: dict[str, Any]) -> None:
    assert len(checked["refused"]) == 5
    for name, message in checked["refused"].items():
        assert message, f"accepted: {name}"
        assert "Failed to validate Action server response" in message


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    action_schema._validators.clear()
    yield
    action_schema._validators.clear()


def test_a_changed_schema_is_another_schema() -> None:
    schema: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
    action_schema.validate(["a"], schema)
    schema["items"]["type"] = "integer"
    with pytest.raises(jsonschema.ValidationError):
        action_schema.validate(["a"], schema)


def test_a_wrong_schema_is_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(jsonschema.SchemaError):
            action_schema.validate([], {"type": "nonsense"})


def test_a_validator_of_the_callers_is_used() -> None:
    kind = jsonschema.Draft4Validator
    with pytest.raises(jsonschema.ValidationError):
        action_schema.validate(1, {"type": "string"}, kind)
    assert not action_schema._validators


def test_the_cache_is_bounded() -> None:
    for number in range(100):
        action_schema.validate(number, {"const": number})
    assert len(action_schema._validators) == action_schema._KEPT


def test_installing_twice_is_harmless() -> None:
    action_schema.install()
    action_schema.install()
    assert jsonschema.validate is action_schema.validate
    action_schema.validate(1, {"type": "integer"}, jsonschema.Draft7Validator)
