"""What a schema takes from the clients of an earlier one, and which of that is a decision."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    GraphQLError,
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
    find_dangerous_changes,
)
from pydantic import BaseModel, ConfigDict, ValidationError

from hub.errors import StartError


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes of a schema, each in graphql-core's words."""

    refused: list[str]
    """Breaking, and nobody gave a reason."""
    accepted: dict[str, str]
    """Breaking, with the reason why it was made all the same."""
    dangerous: list[str]
    """Clients that do not expect more than they know may stumble."""
    idle: list[str]
    """A reason was given, but there is no such change (any more)."""


class _Decision(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, str_min_length=1)
    why: str
    changes: list[str]


class _Decisions(BaseModel):
    model_config = ConfigDict(extra="forbid")
    breaking: list[_Decision] = []


def reasons(text: str, name: str) -> dict[str, str]:
    """The reason of each accepted change, of a file as schema/breaking.toml. Raises StartError."""
    try:
        decisions = _Decisions.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        message = f'{name}: [[breaking]] needs why = "..." and changes = [...]: {error}'
        raise StartError(message) from error
    return {change: one.why for one in decisions.breaking for change in one.changes}


def compare(old: str, new: str, why: Mapping[str, str]) -> Changes:
    """What the second of two SDLs changes for clients of the first. Raises StartError: no SDL."""
    before, after = _read(old), _read(new)
    breaking = [each.description for each in find_breaking_changes(before, after)]
    return Changes(
        refused=[each for each in breaking if each not in why],
        accepted={each: why[each] for each in breaking if each in why},
        dangerous=[each.description for each in find_dangerous_changes(before, after)],
        idle=[each for each in why if each not in breaking],
    )


def _read(text: str) -> GraphQLSchema:
    try:
        return build_schema(text)
    except (GraphQLError, TypeError) as error:
        message = f"不是 GraphQL 模式 / no GraphQL schema: {error}"
        raise StartError(message) from error
