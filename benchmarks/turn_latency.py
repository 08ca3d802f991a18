"""A turn through gateway, Rasa, action and back, beside bare Rasa with its stock pipeline and a trivial action.

Both bots get the same FAQ messages in turn, one message to one and then to the other, so that the machine's mood
hits both alike. The stock bot is what ``rasa init`` configures (DIET, TED), trained on our examples, with rasa-sdk's
own server and an action that says one sentence. Training it takes minutes; it is kept in ``benchmarks/.cache``.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import yaml

from rapport.cli.places import assistant_environment, assistant_python
from rapport.store import new_id
from tools.house import ROOT, House, free_ports, wait_for

from .record import record

CACHE = Path(__file__).parent / ".cache"
ROUNDS = 60
WARM_UP = 5
QUESTIONS = (
    "How long does delivery take?",
    "Can I return something I wore once?",
    "How do I wash wool?",
    "When do my points expire?",
    "退款多久能到账？",
    "毛衣怎么洗？",
)

STOCK_ACTIONS = """
from rasa_sdk import Action


class Trivial(Action):
    def name(self):
        return "action_trivial"

    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text="One sentence.")
        return []
"""


def _stock_project(folder: Path, actions_port: int) -> Path:
    """Rasa's defaults on our examples: every intent leads to the trivial action."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stock_actions.py").write_text(STOCK_ACTIONS)
    examples: dict[str, str] = {}
    for file in sorted((ROOT / "assistant" / "data" / "nlu").glob("*.yml")):
        for entry in yaml.safe_load(file.read_text("utf-8")).get("nlu", []):
            if "intent" in entry:
                examples[entry["intent"]] = examples.get(entry["intent"], "") + entry["examples"]
    nlu = {"version": "3.1", "nlu": [{"intent": name, "examples": text} for name, text in examples.items()]}
    rules = {"version": "3.1", "rules": [
        {"rule": name, "steps": [{"intent": name}, {"action": "action_trivial"}]} for name in examples]}  # fmt: skip
    domain = {"version": "3.1", "intents": list(examples), "actions": ["action_trivial"]}
    config = {"recipe": "default.v1", "assistant_id": "stock", "language": "en", "pipeline": None, "policies": None}
    for name, content in (("nlu", nlu), ("rules", rules), ("domain", domain), ("config", config)):
        (folder / f"{name}.yml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    (folder / "endpoints.yml").write_text(f"action_endpoint:\n  url: http://127.0.0.1:{actions_port}/webhook\n")
    (folder / "credentials.yml").write_text("rest:\n")
    model = folder / "stock.tar.gz"
    if not model.exists():
        print("  training Rasa's stock pipeline; this takes some minutes and is kept", flush=True)
        code = (
            "from rasa.model_training import train;"
            "print(train('domain.yml', 'config.yml', ['nlu.yml', 'rules.yml'], output='.', fixed_model_name='stock'))"
        )
        subprocess.run([assistant_python(), "-c", code], cwd=folder, env=assistant_environment(folder), check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    return model


@contextmanager
def stock_bot(folder: Path) -> Iterator[str]:
    """The stock bot's REST address."""
    rasa_port, actions_port = free_ports(2)
    model = _stock_project(folder, actions_port)
    code = (
        "from rasa.core.run import serve_application as s; from rasa.core.utils import AvailableEndpoints as A;"
        f"s('{model.name}', interface='127.0.0.1', port={rasa_port}, credentials='credentials.yml', enable_api=False,"
        "endpoints=A.read_endpoints('endpoints.yml'))"
    )
    servers = [
        subprocess.Popen([assistant_python(), "-c", code], cwd=folder, env=assistant_environment(folder),
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL),
        subprocess.Popen([sys.executable, "-m", "rasa_sdk", "--actions", "stock_actions", "--port", str(actions_port)],
                         cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL),
    ]  # fmt: skip
    try:
        url = f"http://127.0.0.1:{rasa_port}"

        def up() -> bool:
            try:
                return httpx.get(url).is_success and httpx.get(f"http://127.0.0.1:{actions_port}/health").is_success
            except httpx.HTTPError:
                return False

        wait_for("the stock bot", up, 300)
        yield url
    finally:
        for server in servers:
            server.terminate()
        for server in servers:
            server.wait(30)


def _percentiles(seconds: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=20, method="inclusive")
    return {"p50_ms": round(1000 * statistics.median(seconds), 1), "p95_ms": round(1000 * cuts[18], 1)}


def main() -> None:
    """Measure both in one run."""
    with tempfile.TemporaryDirectory() as temporary:
        house = House(Path(temporary) / "a shop")
        done = house.run("train")
        if done.returncode:
            raise SystemExit(done.stderr)
        house.start()
        try:
            with stock_bot(CACHE / "stock") as stock, httpx.Client(timeout=60) as http:
                figures = _compare(house, stock, http)
        finally:
            house.stop()
    record("turn_latency", figures, "one client; ours: POST to the gateway until the reply is on the event stream")


def _stream_turn(
    chat_url: str, headers: dict[str, str], http: httpx.Client, text: str, after: int
) -> tuple[float, int]:
    """Seconds from posting a message to its reply on the stream, and the reply's seq."""
    with http.stream("GET", f"{chat_url}/v1/events", headers=headers | {"Last-Event-ID": str(after)}) as events:
        lines = events.iter_lines()
        began = time.perf_counter()
        answer = http.post(
            f"{chat_url}/v1/messages", json={"text": text}, headers=headers | {"Idempotency-Key": uuid.uuid4().hex}
        )
        answer.raise_for_status()
        newest = after
        for line in lines:
            if line.startswith("id:"):
                newest = int(line.removeprefix("id:"))
            if line.startswith("data:") and '"author":"assistant"' in line.replace(" ", ""):
                return time.perf_counter() - began, newest
    raise RuntimeError("the stream ended without a reply")


def _compare(house: House, stock: str, http: httpx.Client) -> dict[str, object]:
    times: dict[str, list[float]] = {"ours": [], "stock": []}
    chat = house.chat()
    seen = chat.seen
    headers = dict(chat.http.headers)
    for number in range(WARM_UP + ROUNDS):
        # Short conversations, as real ones are; a long tracker would slow both.
        if number % 10 == 0:
            chat = house.chat()
            headers, seen = {k: chat.http.headers[k] for k in ("authorization", "origin")}, chat.seen
            sender = new_id("cnv")
        text = QUESTIONS[number % len(QUESTIONS)]
        seconds, seen = _stream_turn(house.shop.gateway_url, headers, http, text, seen)
        seen = max(m["seq"] for m in chat.messages())
        began = time.perf_counter()
        answer = http.post(f"{stock}/webhooks/rest/webhook", json={"sender": sender, "message": text})
        stock_seconds = time.perf_counter() - began
        assert [item["text"] for item in answer.json()] == ["One sentence."], answer.text
        if number >= WARM_UP:
            times["ours"].append(seconds)
            times["stock"].append(stock_seconds)
    ours, stock_times = _percentiles(times["ours"]), _percentiles(times["stock"])
    return {
        "turns": ROUNDS,
        "ours": ours,
        "stock": stock_times,
        "p50_ratio": round(ours["p50_ms"] / stock_times["p50_ms"], 3),
        "p95_ratio": round(ours["p95_ms"] / stock_times["p95_ms"], 3),
        "aim_p50_ratio": 0.4,
    }


if __name__ == "__main__":
    main()
