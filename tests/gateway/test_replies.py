"""Rasa's items and tracker events as messages."""

from __future__ import annotations

from typing import Any

from gateway.replies import MAX_BUTTONS, Reply, items_of_bot_event, merged

CARD = {"kind": "order", "number": "MM000001"}


def test_custom_attaches_to_the_text_before_it() -> None:
    items = [{"text": "a"}, {"custom": CARD}, {"custom": {"kind": "error"}}, {"text": "b"}]
    assert merged(items) == [Reply("a", {"order": CARD, "error": {"kind": "error"}}), Reply("b")]


def test_choices_come_before_the_texts_own_buttons() -> None:
    own = {"title": "Talk to a person", "payload": "A person, please"}
    found = [{"title": "Delivery", "payload": "Delivery"}]
    (reply,) = merged([{"text": "Hm?", "buttons": [own]}, {"custom": {"kind": "choices", "buttons": found}}])
    assert reply.payload == {"buttons": [*found, own]}
    (alone,) = merged([{"text": "Hm?"}, {"custom": {"kind": "choices", "buttons": found}}])
    assert alone.payload["buttons"] == found


def test_what_is_not_usable_is_left_out() -> None:
    items: list[dict[str, Any]] = [{"text": ""}, {"image": "x"}, {"custom": {"no": "kind"}}, {"custom": "x"}, {}]
    assert merged(items) == []
    assert merged([{"custom": CARD}]) == [Reply("", {"order": CARD})]


def test_buttons() -> None:
    buttons: list[Any] = [{"title": "Yes", "payload": "yes"}, {"title": "No"}, {"payload": "x"}, "x"]
    wanted = [{"title": "Yes", "payload": "yes"}, {"title": "No", "payload": "No"}]
    assert merged([{"text": "?", "buttons": buttons}]) == [Reply("?", {"buttons": wanted})]
    many = [{"title": str(number)} for number in range(50)]
    assert len(merged([{"text": "?", "buttons": many}])[0].payload["buttons"]) == MAX_BUTTONS


def test_a_tracker_event_gives_what_the_rest_channel_gave() -> None:
    """CollectingOutputChannel splits texts at blank lines, but not those with buttons; customs come after."""
    assert items_of_bot_event({"text": "a\n\nb", "data": {"custom": CARD, "buttons": None}}) == [
        {"text": "a"},
        {"text": "b"},
        {"custom": CARD},
    ]
    buttons = [{"title": "Yes", "payload": "yes"}]
    assert items_of_bot_event({"text": "a\n\nb", "data": {"buttons": buttons}}) == [
        {"text": "a\n\nb", "buttons": buttons}
    ]
    assert items_of_bot_event({"text": None, "data": None}) == []
