"""Country names as English-language files write them, to ISO 3166-1 codes."""

from __future__ import annotations

UNKNOWN = "ZZ"  # user-assigned in ISO 3166-1: not stated, or not one country

_CODES = {
    "australia": "AU", "austria": "AT", "bahrain": "BH", "belgium": "BE", "brazil": "BR", "canada": "CA",
    "china": "CN", "cyprus": "CY", "czech republic": "CZ", "denmark": "DK", "eire": "IE", "finland": "FI",
    "france": "FR", "germany": "DE", "greece": "GR", "hong kong": "HK", "iceland": "IS", "ireland": "IE",
    "israel": "IL", "italy": "IT", "japan": "JP", "lebanon": "LB", "lithuania": "LT", "malta": "MT",
    "netherlands": "NL", "norway": "NO", "poland": "PL", "portugal": "PT", "rsa": "ZA", "saudi arabia": "SA",
    "singapore": "SG", "south africa": "ZA", "spain": "ES", "sweden": "SE", "switzerland": "CH",
    "united arab emirates": "AE", "united kingdom": "GB", "united states": "US", "usa": "US",
}  # fmt: skip


def country_code(name: str | None) -> str:
    """The two-letter code; :data:`UNKNOWN` for what names no single country ("Channel Islands", "Unspecified")."""
    return _CODES.get((name or "").strip().lower(), UNKNOWN)
