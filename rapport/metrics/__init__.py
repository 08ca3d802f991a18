"""Metrics are objects: a number with its interval, coverage, formula and rows. See docs/metrics.md."""

from .catalogue import CATALOGUE, Definition, definition
from .compiled import warm
from .compute import compute, conversations, frame, turns, window_of
from .interval import Interval, wilson
from .value import MetricValue, Moment, Window

__all__ = [
    "CATALOGUE",
    "Definition",
    "Interval",
    "MetricValue",
    "Moment",
    "Window",
    "compute",
    "conversations",
    "definition",
    "frame",
    "turns",
    "warm",
    "wilson",
    "window_of",
]
