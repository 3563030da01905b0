"""Enums of words that capabilities declare, or that sources send: any other reads as one value."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, cast

from schema.enums import worded
from schema.projection import Entity, Projection, Read, declare

OTHER = "OTHER"


def made(name: str, text: str, words: Mapping[str, str], *, other: str) -> type[StrEnum]:
    """A GraphQL enum of these words, by what each means, and of OTHER.

    A value is called as its word: order.unitsAdded is ORDER_UNITS_ADDED.
    """
    members = {_name(word): word for word in words}
    enum = cast("type[StrEnum]", StrEnum(name, {**members, OTHER: OTHER}))
    worded(enum, text, {**words, OTHER: other})
    return enum


def known(enum: type[StrEnum], word: str) -> StrEnum:
    """The value whose word this is; OTHER where it is none of them."""
    try:
        return enum(word)
    except ValueError:
        return enum[OTHER]


def stored_word(
    path: str,
    enum: type[StrEnum],
    text: str,
    *,
    zh: str,
    other: str = OTHER,
    graphql_type: object = None,
) -> Any:  # noqa: ANN401  # a field stands for its value's type
    """A word as it lies in the document, as a value of the enum; null stays null.

    `graphql_type` where the field's annotation does not say it: of an enum that was `made`.
    """
    values: dict[str | None, StrEnum | None] = {None: None, **{one.value: one for one in enum}}
    unknown = enum[other]

    def read(source: Entity, _context: object) -> StrEnum | None:
        return values.get(source.doc.get(path), unknown)

    projection = Projection(needs=(path,), read=cast("Read", read))
    return declare(projection, text, zh, graphql_type)


def _name(word: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).replace(".", "_").upper()
