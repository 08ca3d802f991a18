"""Rasa's batch of items as messages: each text is one, and cards attach to the text before them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rapport.service.text import storable

MAX_BUTTONS = 12
MAX_DEPTH = 20  # levels of a card; ours have three


@dataclass
class Reply:
    """One message to the customer."""

    text: str
    payload: dict[str, Any] = field(default_factory=dict)


def _fit(value: Any, depth: int = 0) -> Any:
    """A JSON value that both databases can hold: no NUL, no lone surrogate, no NaN or infinity, not endlessly deep."""
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(str(key)): _fit(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_fit(one, depth + 1) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _buttons(raw: object) -> list[dict[str, str]]:
    if not isinstance(raw, list):
        return []
    buttons = []
    for button in raw[:MAX_BUTTONS]:
        if isinstance(button, Mapping) and button.get("title"):
            title = str(button["title"])
            buttons.append({"title": title, "payload": str(button.get("payload") or title)})
    return buttons


def merged(items: Iterable[Mapping[str, Any]]) -> list[Reply]:
    """The replies in Rasa's items.

    :param items: ``{text?, buttons?, custom?}`` as the REST channel gives them. A ``custom`` with a ``kind`` becomes
        ``payload[kind]`` of the reply before it (of an empty one when it comes first), but ``choices`` become its
        first buttons; anything else is left out.
    """
    replies: list[Reply] = []
    for raw in items:
        item = _fit(raw)
        text = item.get("text")
        if isinstance(text, str) and text.strip():
            buttons = _buttons(item.get("buttons"))
            replies.append(Reply(text.strip(), {"buttons": buttons} if buttons else {}))
        custom = item.get("custom")
        if isinstance(custom, Mapping) and isinstance(custom.get("kind"), str):
            if not replies:
                replies.append(Reply(""))
            if custom["kind"] == "choices":
                # Rasa puts a response's own buttons first; what was found for this question belongs before them.
                own = replies[-1].payload.get("buttons", [])
                replies[-1].payload["buttons"] = [*_buttons(custom.get("buttons")), *own][:MAX_BUTTONS]
            else:
                replies[-1].payload[custom["kind"]] = dict(custom)
    return replies


def items_of_bot_event(event: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the REST channel gave for a tracker's bot event: buttons keep the text whole, blank lines split it."""
    data = event.get("data") or {}
    text = event.get("text") or ""
    items: list[dict[str, Any]] = []
    if data.get("buttons"):
        items.append({"text": text, "buttons": data["buttons"]})
    elif text:
        items += [{"text": part} for part in text.strip().split("\n\n")]
    if data.get("custom"):
        items.append({"custom": data["custom"]})
    return items
