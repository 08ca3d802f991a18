"""``python -m actions``: the action server of the shop that ``$RAPPORT_SHOP`` names."""

from __future__ import annotations

import logging
import sys

from rapport.shop import Shop
from rapport.store import Problem

from .house import House
from .server import serve


def main() -> int:
    """Serve; 2 when something must be put right first."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("rasa_sdk").setLevel(logging.WARNING)
    try:
        serve(House(Shop.find()))
    except Problem as problem:
        print(f"actions: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
