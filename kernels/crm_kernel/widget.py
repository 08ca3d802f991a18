"""The dashboard as an anywidget. Importing this fails where anywidget is not installed; the caller falls back."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from .cube import Cube


def make(cube: Cube, script: str, style: str) -> Any:
    """A widget that draws the cube.

    :param script: an ES module with ``render({model, el})``.
    :param style: its style sheet.
    """

    class DashboardWidget(anywidget.AnyWidget):
        _esm = script
        _css = style
        cube = traitlets.Dict().tag(sync=True)

    return DashboardWidget(cube=cube.as_json())
