"""Drawing customers: who they are, where they live, what they like."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from .catalogue import BODY, CATEGORIES
from .people import (
    CHINESE_FAMILY,
    CHINESE_GIVEN,
    CHINESE_PLACES,
    CHINESE_STREETS,
    COUNTRIES,
    EMAIL_DOMAINS,
    SHANGHAI,
    Country,
)
from .process import Process

_SIZE_WEIGHTS = (6, 20, 28, 24, 15, 7)
_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ł": "l", "ø": "o", "'": "", " ": ""})


@dataclass(frozen=True)
class Customer:
    """A person with an address and a taste.

    :param zone: where the day of this customer begins and ends.
    :param taste: category key -> share of what is bought; sums to 1.
    :param size: the clothing size always bought, one of ``BODY``.
    """

    external_id: str
    name: str
    email: str
    language: str
    country: str
    zone: ZoneInfo
    address: dict[str, Any]
    taste: dict[str, float]
    size: str


class Addresses:
    """E-mail addresses, each given once.

    :param taken: addresses that are somebody else's.
    """

    def __init__(self, taken: set[str]) -> None:
        self._taken = set(taken)

    def give(self, random: Random, given: str, family: str) -> str:
        """An address in a domain reserved for examples (RFC 2606)."""
        local = f"{_latin(given)}.{_latin(family)}"
        domain = random.choice(EMAIL_DOMAINS)
        address, number = f"{local}@{domain}", 2
        while address in self._taken:
            address, number = f"{local}{number}@{domain}", number + 1
        self._taken.add(address)
        return address


def _latin(name: str) -> str:
    spelled = name.lower().translate(_SPELLED)
    return unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()


def _european(random: Random) -> tuple[Country, dict[str, Any]]:
    country = random.choices(COUNTRIES, [each.share for each in COUNTRIES])[0]
    postcode, city = random.choice(country.places)
    street = random.choice(country.streets).format(n=random.randint(1, 140))
    return country, {"street": street, "postcode": postcode, "city": city, "country": country.code}


def _chinese_name(random: Random) -> tuple[str, str, str]:
    """The name, and given and family name in Latin letters."""
    family, given = random.choice(CHINESE_FAMILY.split()), random.choice(CHINESE_GIVEN.split())
    latin = [part.lstrip("".join(c for c in part if not c.isascii())) for part in (family, given)]
    characters = "".join(c for c in family + given if not c.isascii())
    return characters, latin[1], latin[0]


def draw_customer(process: Process, random: Random, external_id: str, addresses: Addresses) -> Customer:
    """One customer."""
    chinese = random.random() < process.chinese_share
    if chinese and random.random() < process.china_share:
        province, city, district, postcode = random.choice(CHINESE_PLACES)
        street = f"{random.choice(CHINESE_STREETS)}{random.randint(1, 400)}号"
        if random.random() < 0.8:
            street += f"{random.randint(1, 18)}栋{random.randint(1, 24)}0{random.randint(1, 4)}室"
        address: dict[str, Any] = {
            "region": province, "city": city, "district": district, "street": street, "postcode": postcode,
            "country": "CN",
        }  # fmt: skip
        country, zone = "CN", SHANGHAI
    else:
        home, address = _european(random)
        country, zone = home.code, home.zone
    if chinese:
        name, given, family = _chinese_name(random)
    else:
        given, family = random.choice(home.given.split()), random.choice(home.family.split("|"))
        name = f"{given} {family}"
    drawn = {key: random.gammavariate(process.affinity * each.weight, 1.0) for key, each in CATEGORIES.items()}
    total = sum(drawn.values())
    return Customer(
        external_id=external_id,
        name=name,
        email=addresses.give(random, given, family),
        language="zh" if chinese else "en",
        country=country,
        zone=zone,
        address=address,
        taste={key: value / total for key, value in drawn.items()},
        size=random.choices(BODY, _SIZE_WEIGHTS)[0],
    )
