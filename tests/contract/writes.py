"""What people can write, found in the registry: field actions and mutations, asked for alike."""

import asyncio
import importlib
import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_list_type,
    is_required_input_field,
)

from hub import clock
from hub.errors import AccessDenied
from hub.model.people import Role, Scope
from hub.operations import REGISTRY, capabilities, field_actions
from hub.operations.actions import FieldAction
from schema.nodes import NODES, global_id
from schema.permissions import policy_of
from schema.root import build_schema, graphql_schema
from tests.contract.examples import Bad, Doing, doing, find
from tests.contract.scene import Scene

SCHEMA = graphql_schema(build_schema())
KEY = "clientMutationId"
FOREIGN_ID = global_id("Feed", "x")
"""The id of something else."""


@dataclass(frozen=True)
class Answer:
    """What became of a write; `data` is the whole answer, to compare with a repetition's."""

    done: bool
    code: str | None = None
    path: str = ""
    message: str = ""
    data: Any = None


@dataclass(frozen=True)
class Write(ABC):
    """One thing that people can write."""

    capability: str
    name: str

    def __str__(self) -> str:
        return self.name

    @property
    @abstractmethod
    def example(self) -> Doing:
        """How it is done."""

    @property
    @abstractmethod
    def by(self) -> str:
        """Who does it."""

    @property
    @abstractmethod
    def scope(self) -> Scope:
        """What it needs."""

    @property
    def roles(self) -> Collection[Role]:
        """Who may at all."""
        return self.scope.roles

    @property
    @abstractmethod
    def stranger(self) -> str:
        """Whose unit it is not."""

    def fields(self) -> set[str]:
        """What a body may say; nothing where an example need not say it all."""
        return set()

    @abstractmethod
    def names_subject(self) -> bool:
        """Whether a body must name what it is about."""

    @abstractmethod
    async def send(self, scene: Scene, given: dict[str, Any], key: str, who: str) -> Answer:
        """Do it."""

    async def inside(self, scene: Scene, given: dict[str, Any], key: str, who: str) -> Answer:
        """Do it where no interface looks first who asks: the action itself has to."""
        return await self.send(scene, given, key, who)

    @abstractmethod
    def bad(self, given: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Bad]]:
        """Bad bodies that follow from the declared shape; an empty code: any."""

    @abstractmethod
    def otherwise(self, given: dict[str, Any]) -> dict[str, Any]:
        """Another body."""

    @property
    def is_of_unit(self) -> bool:
        """Whether strangers are refused."""
        examples = find(self.capability)
        if examples is None or self.name not in {**examples.actions, **examples.mutations}:
            return False  # said where it is missing
        said = self.example.of_unit
        return self.names_subject() if said is None else said

    async def at_once(self, scene: Scene, given: dict[str, Any], key: str) -> list[Answer]:
        """Do it three times at the same moment, with one key."""
        asked = (self.send(scene, given, key, self.by) for _ in range(3))
        return await asyncio.gather(*asked)

    def bad_bodies(self, given: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Bad]]:
        """All of them."""
        yield from self.bad(given)
        for each in self.example.bad:
            yield {**given, **each.change}, each


class FieldWrite(Write):
    """An action of the field app, by the mobile API."""

    @property
    def example(self) -> Doing:
        return doing(self.capability, "actions", self.name)

    @property
    def by(self) -> str:
        return self.example.by or "officer"

    @property
    def scope(self) -> Scope:
        return Scope.FIELD_WORK

    @property
    def stranger(self) -> str:
        return "officer elsewhere"

    def fields(self) -> set[str]:
        body = field_actions()[self.name].body
        return {str(field.alias) for field in body.model_fields.values()}

    def names_subject(self) -> bool:
        return any(name.endswith("Id") for name in self._required())

    async def send(self, scene: Scene, given: dict[str, Any], key: str, who: str) -> Answer:
        action = {"id": key, "kind": self.name, "at": clock.now().isoformat(), "body": given}
        phone = (await scene.person(who)).phone
        reply = await phone.call("POST", "/actions", json={"actions": [action]})
        if reply.status_code != 200:
            told = reply.json()
            return Answer(False, told["code"], message=told["detail"])
        (told,) = reply.json()["results"]
        done = told["status"] in {"applied", "duplicate"}
        path, message = told["path"] or "", told["message"] or ""
        return Answer(done, told["code"], path, message, told["data"])

    async def inside(self, scene: Scene, given: dict[str, Any], key: str, who: str) -> Answer:
        action = FieldAction(key, self.name, clock.now(), "inside", given)
        try:
            await scene.context.operations.act((await scene.person(who)).principal, action)
        except AccessDenied as fault:
            return Answer(False, fault.code, message=fault.message)
        return Answer(True)

    def bad(self, given: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Bad]]:
        yield {**given, "colour": "黑"}, Bad({}, "INVALID", "body.colour")
        for name in self._required():
            where = f"body.{name}"
            yield {k: v for k, v in given.items() if k != name}, Bad({}, "", where)
            for wrong in ({"$gt": ""}, 7, None, "", FOREIGN_ID if name.endswith("Id") else ""):
                yield {**given, name: wrong}, Bad({}, "", where)

    def otherwise(self, given: dict[str, Any]) -> dict[str, Any]:
        return {**given, "note": "另一内容"}

    def _required(self) -> list[str]:
        fields = field_actions()[self.name].body.model_fields.values()
        return [str(field.alias) for field in fields if field.is_required()]


class MutationWrite(Write):
    """A mutation, by GraphQL."""

    @property
    def example(self) -> Doing:
        return doing(self.capability, "mutations", self.name)

    @property
    def by(self) -> str:
        return self.example.by or "watch"

    @property
    def scope(self) -> Scope:
        policy = policy_of(SCHEMA.mutation_type, self.name)
        assert isinstance(policy, Scope)
        return policy

    @property
    def stranger(self) -> str:
        return "liaison elsewhere"

    def names_subject(self) -> bool:
        return any(kind == "ID" for kind in self._required().values())

    async def send(self, scene: Scene, given: dict[str, Any], key: str, who: str) -> Answer:
        wanted = " ".join(f"{name} {{ id }}" for name in self._subjects())
        text = (
            f"mutation ($input: {self._input.name}!) {{ {self.name}(input: $input) {{"
            f" clientMutationId userErrors {{ code path message }} {wanted} }} }}"
        )
        told = await scene.ask(who, text, input={KEY: key, **given})
        if "errors" in told:
            (error, *_) = told["errors"]
            return Answer(False, error["extensions"]["code"], message=error["message"])
        payload = told["data"][self.name]
        if not payload["userErrors"]:
            assert payload[KEY] == key
            return Answer(True, data=told)
        (error,) = payload["userErrors"]
        assert all(payload[name] is None for name in self._subjects())
        return Answer(False, error["code"], ".".join(error["path"]), error["message"])

    def bad(self, given: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Bad]]:
        yield {**given, KEY: ""}, Bad({}, "BAD_KEY", f"input.{KEY}")
        for name, kind in self._required().items():
            where = f"input.{name}"
            listed = is_list_type(_nullable(self._input.fields[name].type))
            for wrong in ["", FOREIGN_ID] if kind == "ID" else ["", "  "] * (kind == "String"):
                yield {**given, name: [wrong] if listed else wrong}, Bad({}, "", where)

    def otherwise(self, given: dict[str, Any]) -> dict[str, Any]:
        required = self._required()
        words = [name for name, kind in required.items() if kind == "String"] or [*required]
        return {**given, words[0]: f"{given[words[0]]}0"}

    def _required(self) -> dict[str, str]:
        """Names of the named types of what must be given, by field."""
        return {
            name: get_named_type(field.type).name
            for name, field in self._input.fields.items()
            if name != KEY and is_required_input_field(field)
        }

    @property
    def _input(self) -> GraphQLInputObjectType:
        field = SCHEMA.mutation_type.fields[self.name]
        found = get_named_type(field.args["input"].type)
        assert isinstance(found, GraphQLInputObjectType)
        return found

    def _subjects(self) -> list[str]:
        payload = get_named_type(SCHEMA.mutation_type.fields[self.name].type)
        assert isinstance(payload, GraphQLObjectType)
        fields = payload.fields.items()
        return [name for name, field in fields if get_named_type(field.type).name in NODES]


def _nullable(type_: Any) -> Any:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_


def module_of(capability: str) -> Any:
    """Where its types and roots are, in it or below; None for one that has none."""
    where = f"schema.operations.{capability}"
    return importlib.import_module(where) if importlib.util.find_spec(where) else None


def roots_of(capability: str, kind: str) -> list[str]:
    """Its own roots of `kind` (Query, Mutation, Subscription), by their GraphQL names."""
    declared = getattr(module_of(capability), kind, None)
    if declared is None:
        return []
    own = {field.python_name for field in declared.__strawberry_definition__.fields}
    names = SCHEMA.type_map[kind].fields
    return [name for name in names if _snake(name) in own]


def types_of(capability: str) -> list[str]:
    """Its GraphQL types that have an id."""
    module = module_of(capability)
    if module is None:
        return []
    within = f"{module.__name__}."
    return [name for name, cls in NODES.items() if f"{cls.__module__}.".startswith(within)]


def type_named(word: str) -> str:
    """The GraphQL type that a word for one of it names: `lostItem` a LostItem."""
    return f"{word[:1].upper()}{word[1:]}"


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


FIELD_WRITES = [
    FieldWrite(name, kind) for name in REGISTRY for kind in capabilities()[name].field_actions
]
WRITES: list[Write] = [
    *FIELD_WRITES,
    *(MutationWrite(name, root) for name in REGISTRY for root in roots_of(name, "Mutation")),
]
TYPES = [(name, type_) for name in REGISTRY for type_ in types_of(name)]
