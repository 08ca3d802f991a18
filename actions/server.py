"""The action server: rasa-sdk's own, on loopback, in one process, with the house warm before the first customer."""

from __future__ import annotations

import logging
import socket
import warnings
from typing import Any

from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import Action

from rapport.store import Problem

from .answer import AnswerQuestion, Fallback
from .complaints import ComplaintForm, OpenComplaint
from .handoff import BackToBot, Handoff
from .house import House, use
from .orders import OrderForm, OrderStatus
from .session import Affirm, Deny, Goodbye, Greet, Stop
from .winback import AskAnswer, AskReason, WinbackFinish, WinbackForm

log = logging.getLogger(__name__)

HOST = "127.0.0.1"  # never anything else: whoever reaches this port can speak for any conversation
ACTIONS: tuple[type[Action], ...] = (
    Greet,
    Goodbye,
    Affirm,
    Deny,
    Stop,
    AnswerQuestion,
    Fallback,
    OrderForm,
    OrderStatus,
    ComplaintForm,
    OpenComplaint,
    WinbackForm,
    AskReason,
    AskAnswer,
    WinbackFinish,
    Handoff,
    BackToBot,
)


class Executor(ActionExecutor):
    """Runs our actions. They know their domain, so Rasa need not send it with every call (the SDK would insist)."""

    def __init__(self) -> None:
        super().__init__()
        for action in ACTIONS:
            self.register_action(action)

    def update_and_return_domain(self, payload: dict[str, Any], action_name: str) -> dict[str, Any]:
        """What came along, if anything."""
        return payload.get("domain") or {}


def check_port(port: int) -> None:
    """Refuse early and clearly.

    :raises Problem: ``port_taken``.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise Problem(
                f"Port {port} on {HOST} is taken, so the action server cannot listen there.",
                next_step="Stop what uses it, or change [assistant] actions_port in shop.toml.",
                code="port_taken",
            ) from None


def serve(one: House) -> None:
    """Load the search, then answer Rasa until SIGTERM or Ctrl-C.

    :raises Problem: when the port is taken, the store is not of this version, or there is no sound index.
    """
    from rasa_sdk.endpoint import create_app
    from sanic import Sanic

    # Rasa stopped at 3.6; that this SDK serves it is what our tests of the whole house are for.
    warnings.filterwarnings("ignore", message="Your versions of rasa and rasa_sdk")
    port = one.shop.settings.assistant.actions_port
    check_port(port)
    use(one)
    one.warm()
    app = create_app(Executor(), cors_origins=[])
    # One process: the work is done in threads, and a second copy of the search would cost its memory again.
    app.prepare(host=HOST, port=port, single_process=True, motd=False, access_log=False)
    log.info("actions listen on http://%s:%s", HOST, port)
    Sanic.serve_single(primary=app)
    one.store.close()
