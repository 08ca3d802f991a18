"""Four fixed customers for demonstrations and tests. Only their dates move with ``now``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from .catalogue import CATEGORIES, ITEMS, choices
from .customer import Customer
from .people import SHANGHAI
from .process import delivery_to
from .purchase import Line, Purchase, at_local, postage, promise, tracking


@dataclass(frozen=True)
class PersonaOrder:
    """An order by its number, how many days ago and at what local hour it was placed, and its lines.

    :param lines: (product, size, colour, pieces).
    """

    number: str
    days_ago: int
    hour: float
    lines: tuple[tuple[str, str, str, int], ...]
    on_its_way: bool = False


@dataclass(frozen=True)
class Persona:
    """A customer whose identifiers never change."""

    external_id: str
    name: str
    email: str
    language: str
    country: str
    zone: str
    size: str
    address: dict[str, Any]
    orders: tuple[PersonaOrder, ...]


PERSONAS = (
    Persona(
        "demo-emma", "Emma Hart", "emma.hart@example.com", "en", "GB", "Europe/London", "M",
        {"street": "12 Orchard Close", "postcode": "BS1 4DJ", "city": "Bristol", "country": "GB"},
        (
            PersonaOrder("MM900011", 96, 20.2, (("organic-t-shirt", "M", "moss", 2),
                                                ("cotton-socks", "35-38", "navy", 1))),
            PersonaOrder("MM900001", 2, 19.5, (("merino-sweater", "M", "moss", 1), ("tea-towels", "", "maple", 2)),
                         on_its_way=True),
        ),
    ),
    Persona(
        "demo-wangfang", "王芳", "wang.fang@example.com", "zh", "CN", "Asia/Shanghai", "S",
        {"region": "上海市", "city": "上海市", "district": "徐汇区", "street": "湖滨路88号6栋1201室",
         "postcode": "200030", "country": "CN"},
        (
            PersonaOrder("MM900012", 131, 21.4, (("bath-towel", "", "clay", 4),)),
            PersonaOrder("MM900002", 5, 20.75, (("lambswool-cardigan", "S", "oat", 1),
                                                ("wool-socks", "35-38", "moss", 2)), on_its_way=True),
        ),
    ),
    Persona(
        "demo-lucas", "Lucas Weber", "lucas.weber@example.com", "en", "DE", "Europe/Berlin", "L",
        {"street": "Karl-Heine-Straße 41", "postcode": "04109", "city": "Leipzig", "country": "DE"},
        (
            PersonaOrder("MM900003", 412, 18.1, (("wool-coat", "L", "charcoal", 1),)),
            PersonaOrder("MM900004", 240, 12.6, (("linen-shirt", "L", "sand", 1), ("hand-towel", "", "moss", 2))),
        ),
    ),
    Persona(
        "demo-limei", "李梅", "li.mei@example.com", "zh", "CN", "Asia/Shanghai", "M",
        {"region": "浙江省", "city": "杭州市", "district": "西湖区", "street": "学院路210号3栋502室",
         "postcode": "310012", "country": "CN"},
        (
            PersonaOrder("MM900005", 388, 22.3, (("linen-duvet-cover", "200x230 cm", "sky", 1),
                                                 ("pillowcase", "48x74 cm", "white", 2))),
            PersonaOrder("MM900006", 238, 13.25, (("linen-dress", "M", "sky", 1),)),
        ),
    ),
)  # fmt: skip


def _line(key: str, size: str, colour: str, quantity: int) -> Line:
    item = next(each for each in ITEMS if each.key == key)
    choice = next(each for each in choices(item) if (each.size, each.colour) == (size, colour))
    return Line(choice, quantity, choice.price_minor)


def purchases_of(persona: Persona, now: datetime) -> Sequence[Purchase]:
    """A persona's orders, oldest first, without returns."""
    zone = SHANGHAI if persona.zone == "Asia/Shanghai" else ZoneInfo(persona.zone)
    customer = Customer(
        persona.external_id, persona.name, persona.email, persona.language, persona.country, zone, persona.address,
        {key: 1 / len(CATEGORIES) for key in CATEGORIES}, persona.size,
    )  # fmt: skip
    found = []
    for order in persona.orders:
        placed = at_local(now.astimezone(zone).date() - timedelta(days=order.days_ago), order.hour, zone)
        lines = [_line(*line) for line in order.lines]
        begins, ends = promise(placed, delivery_to(persona.country), zone)
        carrier, number = tracking(Random(order.number), persona.country)  # noqa: S311 - not a secret
        found.append(
            Purchase(
                customer=customer, placed_at=placed, packed_at=placed + timedelta(hours=15),
                sent_at=placed + timedelta(hours=20), promised_from=begins, promised_to=ends,
                delivered_at=None if order.on_its_way else ends - timedelta(days=1, hours=6), lines=lines,
                postage_minor=postage(persona.country, sum(line.amount_minor for line in lines), 0),
                carrier=carrier, tracking_number=number, number=order.number,
            )
        )  # fmt: skip
    return found
