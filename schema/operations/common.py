"""What the mutations of every capability have in common: their key, and how they are refused."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from functools import partial, update_wrapper
from inspect import signature
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import strawberry
import structlog

from hub.bus import Change
from hub.errors import UserFault
from hub.model.people import Principal, Scope
from hub.operations import checks, codes
from hub.operations.actions import ActionStatus, FieldAction
from hub.operations.asking.asked import Asked
from hub.operations.asking.documents import DispatchWarningDoc
from hub.operations.checks import ARGUMENTS
from hub.operations.codes import Codes
from hub.operations.desk import Desk
from hub.operations.numbered import id_of
from hub.store.feeds import identity
from schema.nodes import key_of
from schema.open_enums import known, made
from schema.policy import SIGNED_IN
from schema.projection import Info, described, root, value

if TYPE_CHECKING:
    from schema.context import SchemaContext

log = structlog.get_logger()

Concerns = Callable[[Change, Mapping[str, Any], "SchemaContext"], bool]


def not_of_others(kind: str) -> Concerns:
    """Whether a change matters to this kind of subject: not the ledgers of another."""

    def concerns(change: Change, _given: Mapping[str, Any], _context: "SchemaContext") -> bool:
        found: str = (change.document or {}).get("subject_kind", kind)
        return found == kind

    return concerns


OVER_GRAPHQL = "graphql"
"""The device of an action that comes by a mutation: its key is the account's, whatever session."""
Written = TypeVar("Written")


@strawberry.input
class Keyed:
    """What every mutation is told, beside what it is to do."""

    client_mutation_id: str = strawberry.field(
        description="Made by the client: sent again with the same input it changes nothing and"
        " answers the same (幂等键)."
    )


def _said(table: Codes) -> dict[str, str]:
    """Codes with what to do, and what each means in brackets."""
    return {code: f"{en.rstrip('.')} ({zh})." for code, (zh, en) in table.items()}


UserErrorCode = made(
    "UserErrorCode",
    "Why an input could not be carried out (错误码).",
    _said({**codes.faults(), **identity.CODES}),
    other="None of these: the message says what is wrong (其他).",
)
WarningCode = made(
    "DispatchWarningCode",
    "Who will not be reached by an order that was given all the same (提示码).",
    _said(codes.warnings()),
    other="None of these: the message says what to expect (其他).",
)


@value(policy=SIGNED_IN)
class UserError:
    """Why the input could not be carried out (错误). Nothing was changed."""

    code: str = described("Stable code", zh="错误码", graphql_type=UserErrorCode)
    path: list[str] = described("Which part of the arguments it is about", zh="位置")
    message: str = described("What is wrong and what to do, Chinese first", zh="说明")


@value(policy=SIGNED_IN)
class Payload:
    """What every mutation answers, beside what it is about."""

    client_mutation_id: str = described("As given", zh="幂等键")
    user_errors: list[UserError] = described("Empty when it was done", zh="错误")


@value(policy=SIGNED_IN)
class DispatchWarning:
    """What to know of what was done all the same: who will not be reached (提示)."""

    code: str = described("Stable code", zh="提示码", graphql_type=WarningCode)
    path: list[str] = described("Which part of the arguments it is about", zh="位置")
    message: str = described("What is to be expected and what to do, Chinese first", zh="说明")


def warnings_told(warnings: Sequence[DispatchWarningDoc]) -> list[DispatchWarning]:
    """Warnings as the caller is told them."""
    return [
        DispatchWarning(
            code=stable(WarningCode, one.code), path=path_of(one.path), message=one.message
        )
        for one in warnings
    ]


def at_desk(info: Info) -> tuple[Desk, Principal]:
    """Where operations are carried out, and who asks for it."""
    return info.context.services.operations.desk, info.context.principal


def by_ledgers(asked: type[Asked]) -> dict[str, Any]:
    """What a LiveSource says to follow the ledgers of this kind of subject, and of no other."""

    def subject_of(change: Change) -> str | None:
        return None if change.document is None else change.document.get("subject_id")

    return {"concerns": not_of_others(asked.kind), "related": subject_of}


async def key_named(context: "SchemaContext", given: str, type_name: str, *path: str) -> str:
    """As `key_of`, of what people call by a number (编号): it names the same as the id."""
    store = context.services.operations.desk.store
    return await id_of(store, type_name, key_of(given, type_name, *path))


async def attempt(
    work: Callable[[], Awaitable[Written]],
) -> tuple[Written | None, list[UserError]]:
    """What a write gave, or the errors it was refused with, each with its argument's path."""
    try:
        return await work(), []
    except UserFault as fault:
        return None, [user_error(fault.code, path_of(fault.path), str(fault))]


class Answer(NamedTuple):
    """What a mutation answers: its payload, and that one's own fields of what was written.

    `shown` is given None when the input was refused.
    """

    payload: type[Payload]
    shown: Callable[[Any], Mapping[str, Any]]


def answers(payload: type[Payload]) -> Callable[[Callable[[Any], Mapping[str, Any]]], Answer]:
    """Make an `Answer` of the function below."""
    return partial(Answer, payload)


def mutation(
    scope: Scope, text: str, answer: Answer, *, zh: str
) -> Callable[[Callable[..., Awaitable[Any]]], Any]:
    """A root that changes something, once per key: its method `(self, info, input)` writes.

    A UserFault of the method becomes an entry of `userErrors`; then nothing was written.
    """

    def decorate(write: Callable[..., Awaitable[Any]]) -> Any:  # noqa: ANN401
        async def resolve(self: Any, info: Info, input: Any) -> Payload:  # noqa: A002, ANN401
            written, errors = await attempt(lambda: write(self, info, input))
            key, own = input.client_mutation_id, answer.shown(written)
            return answer.payload(client_mutation_id=key, user_errors=errors, **own)

        told: Any = update_wrapper(resolve, write)
        told.__signature__ = signature(write).replace(return_annotation=answer.payload)
        return root(scope, text, zh=zh)(told)

    return decorate


def user_error(code: str, path: list[str], message: str) -> UserError:
    """An error with its code; one that is none of the schema's is OTHER, and is logged."""
    return UserError(code=stable(UserErrorCode, code), path=path, message=message)


def stable(enum: type[StrEnum], code: str) -> str:
    """The code, if the enum has it; else OTHER: the answer must not fail of it."""
    found = known(enum, code)
    if found != code:
        log.error("code_unknown", code=code, enum=enum.__name__)
    return found


def path_of(path: Sequence[str]) -> list[str]:
    """An argument's path as the caller knows it."""
    return ["input", *(ARGUMENTS.get(part, part) for part in path)]


async def act(
    context: "SchemaContext", kind: str, key: str, body: Callable[[], Awaitable[dict[str, Any]]]
) -> list[UserError]:
    """What a phone would report as an action of this kind, done here; why not, if it was not."""
    try:
        action = FieldAction(checks.key(key), kind, None, OVER_GRAPHQL, await body())
    except UserFault as fault:
        return [user_error(fault.code, path_of(fault.path), str(fault))]
    result = await context.services.operations.act(context.principal, action)
    if result.status in {ActionStatus.APPLIED, ActionStatus.DUPLICATE}:
        return []
    path = ["input", *(part.removesuffix("Id") for part in result.path[1:])]
    return [user_error(result.code or "", path, result.message or "")]
