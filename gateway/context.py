"""What the endpoints share."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from rapport.shop import Shop
from rapport.store import Store

from .bell import Bell
from .dispatcher import Dispatcher
from .limits import ADDRESS_FACTOR, READ_FACTOR, Rate
from .rasa import RasaClient
from .sessions import Sessions


@dataclass
class Context:
    """The parts of one running gateway."""

    shop: Shop
    store: Store
    sessions: Sessions
    rasa: RasaClient
    bell: Bell
    dispatcher: Dispatcher
    messages_rate: Rate
    address_rate: Rate
    sessions_rate: Rate
    reads_rate: Rate
    poll: float  # seconds between an event stream's looks at the store

    @classmethod
    def of(cls, request: Request) -> Context:
        """The context of the application that serves a request."""
        context: Context = request.app.state.context
        return context

    def language(self, *wanted: str | None) -> str:
        """The first wanted language that the shop speaks, else its default.

        :param wanted: BCP 47 codes, or the value of ``Accept-Language``.
        """
        spoken = self.shop.settings.shop.languages
        for value in wanted:
            for part in (value or "").split(","):
                code = part.split(";")[0].strip().lower().split("-")[0]
                if code in spoken:
                    return code
        return self.shop.settings.shop.default_language


def rates(shop: Shop) -> tuple[Rate, Rate, Rate, Rate]:
    """The limits of a shop: messages per conversation; then per address calls, sessions and reads."""
    limits = shop.settings.gateway
    return (
        Rate(limits.messages_per_minute, "messages in a conversation"),
        Rate(limits.messages_per_minute * ADDRESS_FACTOR, "messages, logins and ratings from one address"),
        Rate(limits.sessions_per_minute, "new sessions from one address"),
        Rate(limits.messages_per_minute * READ_FACTOR, "reads from one address"),
    )
