"""Survey definitions: read from the shop's ``surveys/*.toml`` and kept in the store by version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tomllib
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from sqlalchemy import select

from rapport.audit import record
from rapport.store import Problem, Store, Survey, new_id

from .once import add_once


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Scale(_Part):
    """The whole numbers an item may be answered with."""

    min: int = Field(ge=0, le=10)
    max: int = Field(ge=0, le=10)

    @model_validator(mode="after")
    def _ordered(self) -> Scale:
        if self.min >= self.max:
            raise ValueError("min must be below max")
        return self


class Wording(_Part):
    """An item in one language."""

    question: str = Field(min_length=1)
    low: str = Field(min_length=1)
    high: str = Field(min_length=1)
    comment: str = ""
    thanks: str = ""


class Item(_Part):
    """One question."""

    code: str = Field(pattern=r"^[a-z][a-z0-9_.]{0,63}$")
    scale: Scale
    texts: dict[str, Wording] = Field(min_length=1)


class Definition(_Part):
    """The whole of one file."""

    code: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    version: int = Field(ge=1)
    items: list[Item] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> Definition:
        codes = [item.code for item in self.items]
        if len(codes) != len(set(codes)):
            raise ValueError("two items have the same code")
        if any(set(item.texts) != set(self.items[0].texts) for item in self.items):
            raise ValueError("all items must be worded in the same languages")
        return self

    def as_items(self) -> list[dict[str, Any]]:
        """What the store keeps in ``Survey.items``."""
        return [item.model_dump() for item in self.items]


def read_survey(file: Path) -> Definition:
    """Read and check one file.

    :raises Problem: ``survey_file``.
    """
    try:
        return Definition.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Problem(f"{file} is not TOML: {error}.", next_step="Correct that line.", code="survey_file") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise Problem(f"{file}: {where}: {first['msg']}.", next_step=f"Correct {where}.", code="survey_file") from None


def load_definitions(store: Store, folder: Path) -> list[str]:
    """Bring the folder's surveys into the store; what is there already is left alone.

    :param folder: the shop's ``surveys/``.
    :return: the codes of all surveys found, sorted.
    :raises Problem: ``survey_file``; ``survey_version`` when a survey was changed without raising its version.
    """
    definitions = [read_survey(file) for file in sorted(folder.glob("*.toml"))]
    with store.write() as session:
        for definition in definitions:
            fresh = Survey(
                id=new_id("srv"), code=definition.code, items=definition.as_items(), version=definition.version
            )
            survey, created = add_once(session, fresh, select(Survey).where(Survey.code == definition.code))
            if not created:
                same = survey.items == definition.as_items()
                if survey.version == definition.version and same:
                    continue
                if survey.version >= definition.version:
                    raise Problem(
                        f"The survey {definition.code!r} was changed, but its version {definition.version} is not new.",
                        allowed=[f"a version above {survey.version}"],
                        next_step=f"Raise version in {definition.code}.toml.",
                        code="survey_version",
                    )
                survey.items, survey.version = definition.as_items(), definition.version
            record(session, "cli", "survey.load", survey.id, details={"code": survey.code, "version": survey.version})
    return sorted(definition.code for definition in definitions)
