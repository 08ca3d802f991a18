"""The demo shop's generator: customers who do not exist and two years of what they bought."""

from .generator import CUSTOMERS, SEED, generate
from .persona import PERSONAS, Persona
from .process import Process
from .report import DemoReport

__all__ = ["CUSTOMERS", "PERSONAS", "SEED", "DemoReport", "Persona", "Process", "generate"]
