"""The gateway client, against a gateway that is played."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from crm_kernel import gateway
from crm_kernel.gateway import Gateway

from rapport.store import Problem


class FakeGateway:
    """Answers as gateway/channels/web.py does; a message is handled on the second look."""

    def __init__(self, final: str = "handled") -> None:
        self.final = final
        self.messages: list[dict[str, Any]] = []
        self.requests: list[httpx.Request] = []
        self.looks = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path == "/v1/sessions":
            return httpx.Response(201, json={"token": "t0k3n", "language": "zh"})
        assert request.headers["authorization"] == "Bearer t0k3n"
        if request.method == "POST":
            assert len(request.headers["idempotency-key"]) == 32
            text = json.loads(request.content)["text"]
            message = {"id": f"msg_{len(self.messages)}", "seq": len(self.messages) + 1, "author": "customer",
                       "text": text, "payload": {}, "state": "pending"}  # fmt: skip
            self.messages.append(message)
            self.looks = 0
            return httpx.Response(202, json={"message": message})
        self.looks += 1
        if self.looks == 2 and self.final != "pending":
            self.messages[-1] = {**self.messages[-1], "state": self.final}
            if self.final == "handled":
                reply = {
                    "id": "msg_r",
                    "seq": len(self.messages) + 1,
                    "author": "assistant",
                    "text": "三十天内可以退货。",
                    "payload": {
                        "source": {"title": "退货", "url": "/articles/zh/returns"},
                        "buttons": [{"title": "更多"}],
                    },
                    "state": "handled",
                }
                self.messages.append(reply)
        after = int(request.url.params["after"])
        return httpx.Response(200, json={"messages": [m for m in self.messages if m["seq"] > after]})


def client(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.Client:
    return httpx.Client(base_url="http://shop", transport=httpx.MockTransport(answer))


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "POLL_S", 0)


def test_a_message_and_its_replies() -> None:
    fake = FakeGateway()
    with Gateway("http://shop", client(fake)) as door:
        door.open("zh")
        message_id, replies, state = door.say("怎么退货？")
        assert (message_id, state, [reply["text"] for reply in replies]) == ("msg_0", "handled", ["三十天内可以退货。"])
        assert door.say("谢谢")[0] == "msg_2"
    assert json.loads(fake.requests[0].content) == {"language": "zh"}
    keys = [r.headers["idempotency-key"] for r in fake.requests if "idempotency-key" in r.headers]
    assert len(set(keys)) == 2


def test_a_message_held_for_a_person() -> None:
    with Gateway("http://shop", client(FakeGateway("held"))) as door:
        door.open()
        assert door.say("hi")[1:] == ([], "held")


def test_no_answer_in_time() -> None:
    with Gateway("http://shop", client(FakeGateway("pending")), deadline=0.0) as door:
        door.open()
        assert door.say("hi")[2] == "pending"


def refuse(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def test_a_gateway_that_does_not_run() -> None:
    with Gateway("http://shop", client(refuse)) as door, pytest.raises(Problem) as caught:
        door.open()
    assert caught.value.code == "gateway_down"
    assert "rapport serve" in caught.value.next_step


def test_the_gateways_own_errors_are_passed_on() -> None:
    error = {"code": "too_many", "what": "Too many messages.", "allowed": ["20 a minute"], "next_step": "Wait."}
    answer = httpx.Response(429, json={"error": error})
    with Gateway("http://shop", client(lambda _: answer)) as door, pytest.raises(Problem) as caught:
        door.open()
    assert caught.value.as_dict() == {"error": error}


@pytest.mark.parametrize("content", ["<html>", "[1]"])
def test_something_else_at_the_port(content: str) -> None:
    answer = httpx.Response(200, text=content)
    with Gateway("http://shop", client(lambda _: answer)) as door, pytest.raises(Problem) as caught:
        door.open()
    assert caught.value.code == "gateway_other"
