"""Write events.json: what Rasa 3.6.21's own SQLTrackerStore stores for a scripted talk in two conversations.

Run with the assistant's Python: .venv-assistant/bin/python tests/ingest/data/make_events.py
"""

import asyncio
import json
import sqlite3
import tempfile
from pathlib import Path

from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    ConversationPaused,
    DefinePrevUserUtteredFeaturization,
    EntitiesAdded,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

clock = [1790000000.25]


def t():
    clock[0] += 0.125
    return clock[0]


def user(text, intent, conf, lang, label, score, mid, entities=()):
    metadata = {"message_id": mid} if mid else {}
    parse = {
        "intent": {"name": intent, "confidence": conf},
        "entities": [dict(e) for e in entities],
        "text": text,
        "message_id": f"rasa-{mid}",
        "metadata": metadata,
        "text_tokens": [[0, len(text)]],
        "intent_ranking": [{"name": intent, "confidence": conf}, {"name": "other", "confidence": round(1 - conf, 4)}],
        "language": {"value": lang, "certain": True},
        "sentiment": {"label": label, "score": score},
    }
    return UserUttered(text, parse["intent"], list(parse["entities"]), parse, t(), "rest", f"rasa-{mid}", metadata)


def bot(text=None, custom=None, buttons=None):
    data = {"elements": None, "quick_replies": None, "buttons": buttons, "attachment": None, "image": None}
    return BotUttered(text, {**data, "custom": custom}, {"utter_action": "utter_x"}, timestamp=t())


def act(name):
    return ActionExecuted(name, policy="RulePolicy", confidence=1.0, timestamp=t())


def start():
    return [
        ActionExecuted("action_session_start", timestamp=t(), confidence=1.0),
        SessionStarted(timestamp=t()),
        ActionExecuted("action_listen", timestamp=t()),
    ]


def talk(say):
    en = DialogueStateTracker.from_events("cnv_en", [], [])
    zh = DialogueStateTracker.from_events("cnv_zh", [], [])
    unfeaturised = DefinePrevUserUtteredFeaturization
    returns = [{"title": "Returns", "payload": "How do I return something?"}]
    order = {"entity": "order_number", "value": "MM123456", "start": 18, "end": 26, "extractor": "EntityComponent"}
    source = {"kind": "source", "article_id": "art_zh_1", "key": "returns-how-to", "title": "退货", "language": "zh",
              "score": 0.83, "url": "/articles/zh/returns-how-to"}  # fmt: skip
    offer = {"kind": "offer", "code": "WB1", "value_minor": 1000, "currency": "EUR",
             "valid_until": "2026-12-01T00:00:00+00:00"}  # fmt: skip
    say(en, *start(), user("hello", "greet", 0.98, "en", "positive", 0.42, "msg_a1"),
        unfeaturised(False, timestamp=t()), act("utter_greet"), bot("Hello! How can I help?", buttons=returns),
        act("action_listen"))  # fmt: skip
    say(zh, *start(), user("怎么退货？", "ask_faq", 0.91, "zh", "neutral", 0.0, "msg_b1"),
        unfeaturised(False, timestamp=t()), act("action_answer"), bot("三十天内可以退货。"), bot(None, source),
        act("action_listen"))  # fmt: skip
    say(en, user("where is my order MM123456?", "order_status", 0.95, "en", "neutral", 0.0, "msg_a2", [order]),
        SlotSet("language", "en", timestamp=t()), EntitiesAdded([{"entity": "order_number"}], timestamp=t()),
        act("action_order_status"), bot("It is on its way."),
        bot(None, {"kind": "order", "number": "MM123456", "state": "sent"}), act("action_listen"))  # fmt: skip
    say(en, user("can you fix my bicycle", "nlu_fallback", 0.31, "en", "neutral", 0.0, "msg_a3"), act("action_answer"),
        bot("I don't know that."), bot(None, {"kind": "abstained", "best_score": 0.21, "threshold": 0.5}),
        act("action_listen"))  # fmt: skip
    say(en, user("a person please!", "ask_person", 0.97, "en", "negative", -0.31, "msg_a4"), act("action_handoff"),
        SlotSet("waiting", True, timestamp=t()), bot("I am calling someone."),
        bot(None, {"kind": "handoff", "state": "queued"}), ConversationPaused(timestamp=t()),
        act("action_listen"))  # fmt: skip
    say(zh, user('/start_winback{"language":"zh"}', "start_winback", 1.0, "zh", None, 0.0, None),
        act("action_winback_offer"), bot("好久不见！"), bot(None, offer), act("action_listen"))  # fmt: skip
    say(zh, user("谢谢", "thanks", 0.99, "zh", "positive", 0.6, "msg_b2"), act("utter_thanks"), bot("不客气。"),
        act("action_listen"))  # fmt: skip
    say(zh, user("订单呢", "order_status", 0.7, "zh", None, None, "msg_b3"), act("action_order_status"),
        bot("出错了。"), bot(None, {"kind": "error"}), act("action_listen"))  # fmt: skip
    say(zh, user("喂", "greet", 0.8, "zh", "neutral", 0.0, "msg_b4"))


def main():
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "tracker.db")
        store = SQLTrackerStore(Domain.empty(), dialect="sqlite", db=file)

        def say(tracker, *events):
            for event in events:
                tracker.update(event)
            asyncio.run(store.save(tracker))

        talk(say)
        connection = sqlite3.connect(file)
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute("SELECT * FROM events ORDER BY id")]
    text = json.dumps(rows, ensure_ascii=False, indent=0) + "\n"
    Path(__file__).with_name("events.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
