"""The Rasa project as files: complete in both languages, and in step with the action server."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from actions.common import DIALOGUE_SLOTS
from actions.complaints import ComplaintForm
from actions.orders import OrderForm
from actions.server import Executor
from actions.winback import WinbackForm

HAN = re.compile(r"[\u4e00-\u9fff]")
NOT_TRAINED = {"nlu_fallback", "start_winback"}
MIN_EXAMPLES = 25


@pytest.fixture(scope="module")
def assistant(root: Path) -> Path:
    return root / "assistant"


@pytest.fixture(scope="module")
def domain(assistant: Path) -> dict[str, Any]:
    """All domain files as one; a key of two files must not be in both."""
    whole: dict[str, Any] = {}
    for file in sorted((assistant / "domain").rglob("*.yml")):
        for key, value in yaml.safe_load(file.read_text("utf-8")).items():
            if isinstance(value, dict):
                have = whole.setdefault(key, {})
                assert not have.keys() & value.keys(), f"{file.name}: {have.keys() & value.keys()} twice"
                have.update(value)
            elif isinstance(value, list):
                whole.setdefault(key, []).extend(value)
            else:
                assert whole.setdefault(key, value) == value
    return whole


@pytest.fixture(scope="module")
def examples(assistant: Path) -> dict[str, list[str]]:
    """Intent -> examples."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted((assistant / "data" / "nlu").glob("*.yml")):
        for block in yaml.safe_load(file.read_text("utf-8"))["nlu"]:
            found[block["intent"]] += [line[2:].strip() for line in block["examples"].splitlines() if line.strip()]
    return found


def actions_in(steps: list[Any]) -> list[str]:
    return [step["action"] for step in steps if isinstance(step, dict) and "action" in step]


def test_every_file_is_yaml(assistant: Path) -> None:
    files = sorted(assistant.rglob("*.yml"))
    assert len(files) > 20
    for file in files:
        assert yaml.safe_load(file.read_text("utf-8")), file


def test_every_response_speaks_both_languages(domain: dict[str, Any]) -> None:
    for name, variations in domain["responses"].items():
        plain = [one for one in variations if "condition" not in one]
        chinese = [one for one in variations if "condition" in one]
        assert plain, f"{name} has no English text"
        assert chinese, f"{name} has no Chinese text"
        for one in chinese:
            assert one["condition"] == [{"type": "slot", "name": "language", "value": "zh"}], name
            assert HAN.search(one["text"]) or one["text"] == "{answer}", name
        for one in plain:
            assert not HAN.search(one["text"]), name
        # The same values are filled in, and the same number of buttons offered.
        fields = [set(re.findall(r"{(\w+)}", one["text"])) for one in variations]
        assert all(one == fields[0] for one in fields), name
        assert len({len(one.get("buttons", [])) for one in variations}) == 1, name


def test_buttons_are_plain_words(domain: dict[str, Any]) -> None:
    for name, variations in domain["responses"].items():
        for one in variations:
            for button in one.get("buttons", []):
                assert button["title"], name
                assert not button["payload"].startswith("/"), name


def test_domain_and_action_server_name_the_same_actions(domain: dict[str, Any]) -> None:
    assert len(domain["actions"]) == len(set(domain["actions"]))
    assert set(Executor().actions) == set(domain["actions"])


def test_every_response_in_the_code_exists_and_every_one_is_used(
    root: Path, assistant: Path, domain: dict[str, Any]
) -> None:
    code = "".join(file.read_text("utf-8") for file in (root / "actions").glob("*.py"))
    rules = "".join(file.read_text("utf-8") for file in (assistant / "data").rglob("*.yml"))
    named = set(re.findall(r"\butter_[a-z_]+[a-z]\b", code + rules)) - {"utter_message", "utter_action"}
    made = {f"utter_order_{state}" for state in ("placed", "packed")}
    made |= {name for name in domain["responses"] if name.startswith("utter_winback_")}
    asked = {f"utter_ask_{slot}" for form in domain["forms"].values() for slot in form["required_slots"]}
    known = set(domain["responses"])
    assert named - {"utter_order", "utter_winback"} <= known
    assert known <= named | made | asked


def test_every_reason_has_an_answer(domain: dict[str, Any]) -> None:
    from rapport.engagement.winback import REASONS

    assert {f"utter_winback_{reason}" for reason in REASONS} <= set(domain["responses"])


def test_every_slot_of_a_form_is_asked_for(domain: dict[str, Any]) -> None:
    for form in (OrderForm, ComplaintForm, WinbackForm):
        assert tuple(domain["forms"][form.form]["required_slots"]) == form.slots
        for slot in form.slots:
            assert f"utter_ask_{slot}" in domain["responses"] or f"action_ask_{slot}" in domain["actions"], slot


def test_slots_in_code_and_domain(domain: dict[str, Any]) -> None:
    assert set(DIALOGUE_SLOTS) <= set(domain["slots"])
    for name, slot in domain["slots"].items():
        assert slot.get("influence_conversation") is False or slot["type"] == "any", name


def test_rules_name_what_exists(assistant: Path, domain: dict[str, Any]) -> None:
    intents, known = set(domain["intents"]), {*domain["actions"], *domain["responses"], *domain["forms"]}
    handled: set[str] = set()
    names: list[str] = []
    for kind in ("rules", "stories"):
        for file in sorted((assistant / "data" / kind).glob("*.yml")):
            for one in yaml.safe_load(file.read_text("utf-8"))[kind]:
                names.append(one.get("rule") or one["story"])
                said = {step["intent"] for step in one["steps"] if "intent" in step}
                assert said <= intents, names[-1]
                assert set(actions_in(one["steps"])) <= known | {"action_deactivate_loop"}, names[-1]
                if kind == "rules" and "condition" not in one:
                    handled |= said
    assert len(names) == len(set(names))
    assert handled == intents, "an intent without a rule gets no answer"


def test_every_form_can_be_left_and_asked_in(assistant: Path, domain: dict[str, Any]) -> None:
    in_form: dict[str, set[str]] = defaultdict(set)
    for file in sorted((assistant / "data" / "rules").glob("*.yml")):
        for rule in yaml.safe_load(file.read_text("utf-8"))["rules"]:
            for condition in rule.get("condition", []):
                in_form[condition["active_loop"]] |= {step["intent"] for step in rule["steps"] if "intent" in step}
    for form in domain["forms"]:
        assert {"stop", "ask_person", "back_to_bot", "goodbye", "ask_shop", "nlu_fallback"} <= in_form[form], form


def test_enough_examples_in_each_language(domain: dict[str, Any], examples: dict[str, list[str]]) -> None:
    assert set(examples) == set(domain["intents"]) - NOT_TRAINED
    for intent, texts in examples.items():
        chinese = [text for text in texts if HAN.search(text)]
        assert len(chinese) >= MIN_EXAMPLES, intent
        assert len(texts) - len(chinese) >= MIN_EXAMPLES, intent


def test_no_example_is_in_two_places(examples: dict[str, list[str]]) -> None:
    where: dict[str, list[str]] = defaultdict(list)
    for intent, texts in examples.items():
        for text in texts:
            where[re.sub(r"[\W_]+", "", text).lower()].append(f"{intent}: {text}")
    assert [places for places in where.values() if len(places) > 1] == []


def test_no_example_is_a_command(examples: dict[str, list[str]]) -> None:
    assert not [text for texts in examples.values() for text in texts if text.startswith("/")]


def test_configuration_has_our_components_and_no_neural_policy(assistant: Path) -> None:
    config = yaml.safe_load((assistant / "config.yml").read_text("utf-8"))
    names = [component["name"] for component in config["pipeline"]]
    assert all(name.startswith("assistant.components.") for name in names)
    for name in names:
        module, _, kind = name.rpartition(".")
        source = (assistant.parent / Path(*module.split("."))).with_suffix(".py").read_text("utf-8")
        assert f"class {kind}(" in source
    assert [policy["name"] for policy in config["policies"]] == ["MemoizationPolicy", "RulePolicy"]
    assert config["assistant_id"]
    fallback = config["policies"][1]["core_fallback_action_name"]
    assert fallback == "action_fallback"
