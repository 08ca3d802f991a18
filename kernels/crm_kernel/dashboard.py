"""The dashboard: a widget where there is one, else a figure and a table. Nothing is fetched from anywhere."""

from __future__ import annotations

import json
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from .cube import Cube
from .figure import legend, summary, svg, table

HERE = Path(__file__).parent


@lru_cache(maxsize=2)
def asset(name: str) -> str:
    """A file beside this one: ``dashboard.js`` or ``dashboard.css``."""
    return (HERE / name).read_text(encoding="utf-8")


class Dashboard:
    """Turns by day, language and outcome, with satisfaction.

    :param cube: what to draw; see :func:`crm_kernel.cube.read`.
    """

    def __init__(self, cube: Cube) -> None:
        self.cube = cube
        self._widget: Any = None

    @property
    def widget(self) -> Any:
        """The anywidget, made once; none where anywidget is not installed or there is no kernel to talk to."""
        if self._widget is None:
            try:
                from .widget import make
            except ImportError:
                return None
            self._widget = make(self.cube, asset("dashboard.js"), asset("dashboard.css"))
        return self._widget

    def static_html(self) -> str:
        """A sentence, a figure and a table, without JavaScript."""
        inside = f"<p>{escape(summary(self.cube))}</p>"
        if self.cube.turns:
            inside += svg(self.cube) + legend(self.cube) + table(self.cube)
        return (
            f"<style>{asset('dashboard.css')}</style>"
            f'<section class="crm-dashboard" aria-label="Conversations dashboard">{inside}</section>'
        )

    def to_html(self) -> str:
        """A page of its own that works from a file, filters included; without JavaScript it is the static figure."""
        # "<" can't close the script element when it is written as an escape
        cube = json.dumps(self.cube.as_json()).replace("<", "\\u003c")
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
            'content="width=device-width"><title>Conversations dashboard</title>'
            "<style>:root{color-scheme:light dark}body{margin:1.5rem;font-family:system-ui,sans-serif}</style></head>"
            f'<body><main id="dashboard">{self.static_html()}</main><script type="module">\n'
            f"{asset('dashboard.js')}\n"
            f"const model = {{get: () => ({cube}), on() {{}}, off() {{}}}};\n"
            'const el = document.getElementById("dashboard");\n'
            'for (const old of el.querySelectorAll("section")) old.remove();\n'
            "render({model, el});\n</script></body></html>"
        )

    def __repr__(self) -> str:
        return f"Dashboard: {summary(self.cube)}"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any] | tuple[dict[str, Any], dict[str, Any]]:
        # Front ends take the richest they know: the widget in Lab, the figure in GitHub, nbconvert and mail.
        data: dict[str, Any] = {"text/plain": repr(self), "text/html": self.static_html()}
        widget = self.widget
        bundle = widget._repr_mimebundle_(**kwargs) if widget is not None else None
        if bundle is None:
            return data
        found, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**found, **data}, metadata
