"""``crm``: the analyst's object. Everything heavy is imported when it is first needed."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from rapport.metrics import CATALOGUE, Moment, conversations, turns

from .measure import Measure

if TYPE_CHECKING:
    import pandas as pd

    from rapport.shop import Shop

    from .dashboard import Dashboard


class Crm:
    """The shop's numbers.

    ``crm.csat``, ``crm.containment``, ``crm.repeat_rate`` ... are metrics: show one, call it with a window
    (``crm.csat(since="2026-01-01")``), or ask for its ``rows()``. ``crm.turns()`` and ``crm.conversations()`` are data
    frames; ``crm.dashboard()`` draws them. The shop is ``$RAPPORT_SHOP``, else this folder, else the demo shop;
    ``crm.use(folder)`` takes another.
    """

    def __init__(self, shop: Shop | None = None) -> None:
        self._shop = shop

    @property
    def shop(self) -> Shop:
        """The shop folder in use.

        :raises Problem: when there is none.
        """
        if self._shop is None:
            from rapport.shop import Shop

            self._shop = Shop.find()
        return self._shop

    def use(self, folder: Path | str) -> Crm:
        """Take another shop folder from now on.

        :raises Problem: when it is none.
        """
        from rapport.shop import Shop

        self._shop = Shop.find(folder)
        return self

    @property
    def store_url(self) -> str:
        """The address of the store; it is only ever read here."""
        return self.shop.store_url

    def metric(self, name: str) -> Measure:
        """The metric of that name, as ``crm.<name>``.

        :raises Problem: when there is none, with the names there are.
        """
        return Measure(self, name)

    def turns(self, since: Moment = None, until: Moment = None) -> pd.DataFrame:
        """Customer messages with intent, sentiment and outcome, one row each, oldest first (times in UTC).

        :raises Problem: for a wrong window or a store that can't be read.
        """
        return turns(self.store_url, since, until)

    def conversations(self, since: Moment = None, until: Moment = None) -> pd.DataFrame:
        """Conversations with a customer turn in the window, one row each, oldest first (times in UTC).

        :raises Problem: for a wrong window or a store that can't be read.
        """
        return conversations(self.store_url, since, until)

    def dashboard(self, since: Moment = None, until: Moment = None) -> Dashboard:
        """Turns by day, language and outcome, with satisfaction, to filter and look at.

        :raises Problem: for a wrong window or a store that can't be read.
        """
        from .cube import read
        from .dashboard import Dashboard

        return Dashboard(read(self.store_url, since, until))

    def __getattr__(self, name: str) -> Measure:
        if name in CATALOGUE:
            return Measure(self, name)
        raise AttributeError(f"crm has no {name!r}. Metrics: {', '.join(CATALOGUE)}.")

    def __dir__(self) -> list[str]:
        return sorted([*CATALOGUE, "conversations", "dashboard", "metric", "shop", "store_url", "turns", "use"])

    def _lines(self) -> list[tuple[str, str]]:
        name = self.shop.settings.shop.name
        return [
            ("Shop", f"{name.get(self.shop.settings.shop.default_language, '')} ({self.shop.folder})"),
            ("Metrics", ", ".join(f"crm.{metric}" for metric in CATALOGUE)),
            ("Tables", "crm.turns(), crm.conversations()"),
            ("Picture", "crm.dashboard()"),
            ("Magics", "%crm csat --since 2026-01-01   %%chat --lang zh"),
        ]

    def __repr__(self) -> str:
        return "\n".join(f"{what:8} {text}" for what, text in self._lines())

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{escape(what)}</th>'
            f'<td style="text-align:left"><code>{escape(text)}</code></td></tr>'
            for what, text in self._lines()
        )
        return f"<table>{rows}</table>"
