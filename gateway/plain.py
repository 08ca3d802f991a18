"""Checking what a customer typed, and making it harmless for Rasa."""

from __future__ import annotations

import unicodedata

from rapport.store import Problem

# Rasa strips whitespace and then reads a leading "/" as "/intent@confidence{slots}" with confidence 1.0
# (YAMLStoryReader.unpack_regex_message). The look-alikes are taken too, in case a normaliser maps them to "/".
SLASHES = frozenset("/\uff0f\u2044\u2215\u29f8\u27cb")
_INVISIBLE = ("Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Me")


def _ignorable(character: str) -> bool:
    return character in SLASHES or character.isspace() or unicodedata.category(character) in _INVISIBLE


def for_rasa(text: str) -> str:
    """The text without anything that Rasa could take for a command: no leading slash, blank or invisible character."""
    start = 0
    while start < len(text) and _ignorable(text[start]):
        start += 1
    return text[start:].rstrip()


def checked(text: object, max_text: int) -> str:
    """The text as typed, if it can be stored and answered.

    :param text: the value of ``text`` in the request body.
    :param max_text: the most characters allowed.
    :raises Problem: when it is no text, empty, or too long.
    """
    if not isinstance(text, str):
        raise Problem(
            f"The message's text is {type(text).__name__}, not a string.",
            allowed=[f"a string of 1 to {max_text} characters"],
            next_step='Send {"text": "..."}.',
            code="text_type",
        )
    if len(text) > max_text:
        raise Problem(
            f"The message has {len(text)} characters.",
            allowed=[f"1 to {max_text} characters"],
            next_step="Shorten it, or send it in parts.",
            code="text_too_long",
        )
    if not for_rasa(text):
        raise Problem(
            "The message is empty.",
            allowed=[f"1 to {max_text} characters"],
            next_step="Type what you would like to know.",
            code="text_empty",
        )
    return text
