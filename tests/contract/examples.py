"""What the contract suite must be told of a capability: one small file of examples each."""

import importlib
import importlib.util
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest

from hub.model.people import Role
from tests.contract.scene import Scene

Given = Callable[[Scene], Awaitable[dict[str, Any]]]
Again = Callable[[], Awaitable[object]]
"""What makes a condition so once more while it holds."""
Holding = Callable[[Scene], AbstractAsyncContextManager[Again]]
"""A condition of an alarm holds within it, once, and has ended behind it."""


class Bad(NamedTuple):
    """A change of a good body that makes it a bad one: the code, and where it is to be found."""

    change: dict[str, Any]
    code: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Doing:
    """How one field action, or one mutation, is done.

    `given` makes what it is done to, of the unit OURS, and answers a good body: of an action, or
    a mutation's input without its key. Done by `by`, one of PEOPLE. `bad` are bad bodies beside
    those that follow from the declared shape. `of_unit`: whether strangers are refused; by default
    where the body must name a subject. `also` makes other situations in which it is done, too late
    or when somebody else was first: a phone is told of what it changes then, as well.
    """

    given: Given
    by: str | None = None
    bad: Collection[Bad] = ()
    of_unit: bool | None = None
    also: Collection[Given] = ()


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Of one capability.

    `rows`: by GraphQL type, how a row of the unit OURS comes to be; its id. `alarms`: by kind, how
    a condition comes to hold, and ends. `reader`: one of PEOPLE who sees all of the rows. `may`: by
    GraphQL root field, who may ask for it: a change there is a decision.
    """

    actions: Mapping[str, Doing] = field(default_factory=dict)
    mutations: Mapping[str, Doing] = field(default_factory=dict)
    rows: Mapping[str, Callable[[Scene], Awaitable[str]]] = field(default_factory=dict)
    alarms: Mapping[str, Holding] = field(default_factory=dict)
    reader: str = "watch"
    may: Mapping[str, Collection[Role]] = field(default_factory=dict)


def find(name: str) -> Examples | None:
    """The examples of a capability, if somebody has written them."""
    where = f"tests.contract.capabilities.{name}"
    if importlib.util.find_spec(where) is None:
        return None
    found: Examples = importlib.import_module(where).EXAMPLES
    return found


def examples(name: str) -> Examples:
    """The same; without them the test fails and says what to write."""
    found = find(name)
    if found is None:
        pytest.fail(
            f"write tests/contract/capabilities/{name}.py with EXAMPLES = Examples(actions={{...}},"
            " mutations={...}, rows={...}, may={...}): see docs/add-a-capability.md, and"
            " tests/contract/capabilities/bulletins.py for one that has them all"
        )
    return found


def doing(name: str, among: str, key: str) -> Doing:
    """How this action or mutation of the capability is done; without that the test fails."""
    found: Mapping[str, Doing] = getattr(examples(name), among)
    if key not in found:
        where = f"{among}= of tests/contract/capabilities/{name}.py"
        pytest.fail(f'write "{key}": Doing(given=...) into {where}')
    return found[key]


async def nothing_more() -> None:
    """Of a condition that nothing makes so again: looking is enough."""
