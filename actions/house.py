"""What every action needs, opened once per process: shop, store, policy, and the search over the articles."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rapport.shop import Shop
from rapport.store import Store, schema

if TYPE_CHECKING:
    from knowledge.retriever import Retriever

ENCODER = "use-multilingual"


class House:
    """The shop as actions see it. Threads share one.

    :param shop: the shop folder.
    :param store: an open store; the shop's own when none is given.
    """

    def __init__(self, shop: Shop, store: Store | None = None) -> None:
        self.shop = shop
        self.store = store or Store(shop.store_url)
        self._lock = threading.Lock()
        self._retriever: Retriever | None = None
        self._loaded: tuple[str | None, int] | None = None

    @cached_property
    def policy(self) -> dict[str, Any]:
        """``policies/service.toml`` as it was when it was first asked for."""
        return self.shop.policy()

    @property
    def timezone(self) -> str:
        """The shop's IANA time zone: a customer is told the shop's days."""
        return self.shop.settings.shop.timezone

    def shop_name(self, language: str) -> str:
        """The shop's name in a language, else in its own."""
        names = self.shop.settings.shop.name
        return names.get(language) or names.get(self.shop.settings.shop.default_language) or next(iter(names.values()))

    def retriever(self) -> Retriever:
        """The search over the articles, loaded once and again whenever a new index or calibration was put in place.

        :raises Problem: when there is no sound index.
        """
        from knowledge import calibration, indexfolder
        from knowledge.index import Index
        from knowledge.retriever import Retriever
        from nlp_models import encoders

        folder = self.shop.var / "index"
        with self._lock:
            calibrated = folder / calibration.FILE
            on_disk = (
                indexfolder.current_version(folder),
                calibrated.stat().st_mtime_ns if calibrated.is_file() else 0,
            )
            if self._retriever is None or on_disk != self._loaded:
                encoder = encoders.load(ENCODER)
                index = Index.load(folder, encoder)
                self._retriever = Retriever(self.store, index, encoder, calibration.load(folder, encoder))
                self._loaded = on_disk
            return self._retriever

    def warm(self) -> None:
        """Load now what the first customer would have to wait for.

        :raises Problem: when the store's schema is not this version's, or there is no sound index.
        """
        schema.check(self.store)
        self.retriever().search("hello", self.shop.settings.shop.default_language)


_house: House | None = None
_opening = threading.Lock()


def house() -> House:
    """This process's house; opened on the shop that ``Shop.find()`` names when nobody set one."""
    global _house
    with _opening:
        if _house is None:
            _house = House(Shop.find())
        return _house


def use(one: House | None) -> None:
    """Set this process's house: the server at its start, tests, or none to open it again."""
    global _house
    with _opening:
        _house = one
