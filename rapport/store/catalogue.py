"""Products and their variants."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, Currency, Id, Line, Ref, Word, utcnow


class Product(Base):
    """A product as customers name it, in every language of the shop."""

    __tablename__ = "product"

    id: Mapped[Id]
    external_id: Mapped[str] = mapped_column(String(128), unique=True)
    name: Mapped[Line]
    names: Mapped[dict[str, Any]] = mapped_column(default=dict)  # BCP 47 code -> name
    category: Mapped[Word]
    source: Mapped[Word]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)

    variants: Mapped[list[Variant]] = relationship(back_populates="product")


class Variant(Base):
    """What is really bought: a product in one size and colour."""

    __tablename__ = "variant"

    id: Mapped[Id]
    product_id: Mapped[Ref] = mapped_column(ForeignKey("product.id"))
    sku: Mapped[str] = mapped_column(String(128), unique=True)
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {"size": "M", "colour": "moss"}
    price_minor: Mapped[int]
    currency: Mapped[Currency]
    in_stock: Mapped[int] = mapped_column(default=0)

    product: Mapped[Product] = relationship(back_populates="variants")
