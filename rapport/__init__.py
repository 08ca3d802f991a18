"""Rapport: the system of record of a conversational CRM, and what is computed from it."""

__version__ = "0.1.0"
