"""Importers for real files: what they hold goes into the store, what cannot is set aside with its reason."""

from .report import ImportReport
from .runner import KINDS, run

__all__ = ["KINDS", "ImportReport", "run"]
