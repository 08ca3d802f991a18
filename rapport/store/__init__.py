"""The store: the system of record. Imports nothing of ours."""

from .article import Article, Retrieval
from .audit import AuditEntry, ImportBatch, RejectedRow
from .base import Base, utcnow
from .campaign import Campaign, LoyaltyEntry, Offer
from .catalogue import Product, Variant
from .complaint import Compensation, Complaint, ComplaintStep
from .contact import Consent, Contact, Identity, OneTimeCode
from .conversation import Conversation, Message
from .engine import Store, sqlite_url
from .handoff import Handoff
from .ids import new_id
from .order import Order, OrderLine, Return
from .problem import Problem
from .survey import Survey, SurveyInvitation, SurveyResponse
from .turn import IngestCursor, TrackerEvent, Turn

__all__ = [
    "Article",
    "AuditEntry",
    "Base",
    "Campaign",
    "Compensation",
    "Complaint",
    "ComplaintStep",
    "Consent",
    "Contact",
    "Conversation",
    "Handoff",
    "Identity",
    "ImportBatch",
    "IngestCursor",
    "LoyaltyEntry",
    "Message",
    "Offer",
    "OneTimeCode",
    "Order",
    "OrderLine",
    "Problem",
    "Product",
    "RejectedRow",
    "Retrieval",
    "Return",
    "Store",
    "Survey",
    "SurveyInvitation",
    "SurveyResponse",
    "TrackerEvent",
    "Turn",
    "Variant",
    "new_id",
    "sqlite_url",
    "utcnow",
]
