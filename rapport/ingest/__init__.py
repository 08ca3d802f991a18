"""Ingest: Rasa's tracker events become turns that analysts can read."""

from .ingest import Ingest, rebuild

__all__ = ["Ingest", "rebuild"]
