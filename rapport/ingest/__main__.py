"""``python -m rapport.ingest``: follow the tracker store of ``$RAPPORT_SHOP`` until SIGTERM."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from types import FrameType

from sqlalchemy.exc import OperationalError

from rapport.store import Problem, Store

from .aside import place_of
from .ingest import Ingest, rebuild

POLL_S = 0.5
log = logging.getLogger("rapport.ingest")


def follow(ingest: Ingest, stop: threading.Event, poll: float = POLL_S) -> None:
    """Step until ``stop`` is set. Says once why it waits, and once when it goes on.

    :param poll: seconds between looks when there was nothing new.
    """
    said: str | None = None
    while not stop.is_set():
        taken, trouble = 0, None
        try:
            taken = ingest.step()
            trouble = ingest.waiting
        except Problem as problem:
            trouble = str(problem)
        except OperationalError as error:  # our store is locked or away: the batch was rolled back, nothing is lost
            trouble = f"the store: {error.orig}"
        except Exception as error:  # a fault of ours: nothing was taken, and a loop that ends would take no more at all
            trouble = f"an error that nobody foresaw: {place_of(error)}"
        if trouble != said:
            log.warning("waiting: %s", trouble) if trouble else log.info("reading again")
            said = trouble
        if taken:
            log.info("took %d events", taken)
        else:
            stop.wait(poll)


def main(arguments: list[str] | None = None) -> int:
    """Run the process; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m rapport.ingest", description=__doc__)
    parser.add_argument("--rebuild", action="store_true", help="drop all turns and replay Rasa's events, then leave")
    options = parser.parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    stop = threading.Event()

    def leave(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    try:
        from rapport.shop import Shop

        shop = Shop.find()
        store = Store(shop.store_url)
        try:
            if options.rebuild:
                log.info("rebuilt from %d events", rebuild(store, shop.tracker_url))
                return 0
            ingest = Ingest(store, shop.tracker_url)
            log.info("following %s", ingest.tracker.name)
            follow(ingest, stop)
            ingest.close()
        finally:
            store.close()
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
