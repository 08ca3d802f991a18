"""``%%chat``: talk to the running assistant and see how it understood."""

from __future__ import annotations

import shlex
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, magics_class

from rapport.store import Problem, Store

from .crm import Crm
from .gateway import Gateway
from .trace import describe, find_turn

LANGUAGES = ("en", "zh")


def parse(line: str) -> str | None:
    """The language of a ``%%chat`` line; none: the shop's default.

    :raises Problem: for an unknown flag or language.
    """
    try:
        words = shlex.split(line)
    except ValueError:
        raise Problem("A quotation mark is not closed.", next_step="Close it.", code="magic") from None
    language: str | None = None
    rest = iter(words)
    for word in rest:
        flag, equals, value = word.partition("=")
        if flag != "--lang":
            raise Problem(f"%%chat knows no {word!r}.", allowed=["--lang en", "--lang zh"], code="magic")
        language = value if equals else next(rest, "")
        if language not in LANGUAGES:
            raise Problem(f"--lang {language or '(nothing)'} is no language.", allowed=LANGUAGES, code="magic")
    return language


@magics_class
class ChatMagic(Magics):
    """Holds ``%%chat``."""

    def __init__(self, shell: InteractiveShell, crm: Crm) -> None:
        super().__init__(shell)
        self.crm = crm

    @cell_magic("chat")  # type: ignore[arg-type]  # IPython's stub takes nothing
    def chat(self, line: str, cell: str) -> None:
        """Send each line of the cell as a customer's message, in a new conversation: ``%%chat [--lang en|zh]``.

        Prints the replies and, from the store, the trace of each message. The house must be running (rapport serve).
        """
        try:
            language = parse(line)
            messages = [text.strip() for text in cell.splitlines() if text.strip()]
            if not messages:
                raise Problem("There is nothing to say.", next_step="Write one message on each line.", code="magic")
            shop = self.crm.shop
            with Gateway(shop.gateway_url) as gateway:
                gateway.open(language)
                store = Store(shop.store_url)
                try:
                    for text in messages:
                        self._turn(gateway, store, text)
                finally:
                    store.close()
        except Problem as problem:
            raise UsageError(str(problem)) from None

    def _turn(self, gateway: Gateway, store: Store, text: str) -> None:
        print(f"customer   {text}")
        message_id, replies, state = gateway.say(text)
        for reply in replies:
            print(f"{reply['author']:10} {reply['text']}{_extras(reply.get('payload') or {})}")
        if state == "held":
            print("           (held for a person: the assistant does not see this message)")
        elif state == "pending":
            print("           (no answer in time: the message is kept; rapport status tells what is down)")
        else:
            print(f"           {describe(store, find_turn(store, message_id))}")


def _extras(payload: dict[str, Any]) -> str:
    source, buttons = payload.get("source"), payload.get("buttons")
    parts = []
    if isinstance(source, dict):
        parts.append(f"  [{source.get('title', '')} {source.get('url', '')}]")
    if isinstance(buttons, list) and buttons:
        parts.append("  " + " ".join(f"({button.get('title', '')})" for button in buttons if isinstance(button, dict)))
    return "".join(parts)
