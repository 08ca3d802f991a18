"""A look into Rasa's SQL tracker store: did a message arrive there, and what was said to it?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.engine import make_url

from .replies import Reply, items_of_bot_event, merged

RECENT = 400  # events looked at; a turn makes about ten


class Tracker:
    """Reads the tracker store, never writes.

    :param url: a SQLAlchemy URL; a SQLite file that is not there yet holds nothing.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self._file: Path | None = None
        if parsed.get_backend_name() == "sqlite":
            self._file = Path(parsed.database or "")
            parsed = parsed.set(database=f"file:{self._file}", query={"mode": "ro", "uri": "true"})
        elif parsed.get_backend_name() == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        self._engine: Engine = create_engine(parsed)

    def answer_to(self, conversation_id: str, message_id: str) -> list[Reply] | None:
        """The replies Rasa gave to a message; none when it never finished that turn.

        Rasa saves a turn's events together at its end, so a message that is there was answered in full.

        :raises sqlalchemy.exc.SQLAlchemyError: when the tracker store cannot be read now.
        """
        if self._file is not None and not self._file.is_file():
            return None
        with self._engine.connect() as connection:
            if not inspect(connection).has_table("events"):
                return None
            rows = connection.execute(
                text(
                    "SELECT data FROM events WHERE sender_id = :sender AND type_name IN ('user', 'bot') "
                    "ORDER BY id DESC LIMIT :recent"
                ),
                {"sender": conversation_id, "recent": RECENT},
            ).scalars()
            events = [json.loads(row) for row in rows]
        items: list[dict[str, Any]] = []
        for event in events:  # newest first: gather bot events until the user event they follow
            if event.get("event") == "bot":
                items = items_of_bot_event(event) + items
            elif (event.get("metadata") or {}).get("message_id") == message_id:
                return merged(items)
            else:
                items = []
        return None

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()
