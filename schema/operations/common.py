"""What the mutations of every capability have in common: their key, and how they are refused."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from hub.bus import Change
from hub.errors import UserFault
from hub.model.people import Principal
from hub.operations import checks
from hub.operations.actions import ActionStatus, FieldAction
from hub.operations.asking.asked import Asked
from hub.operations.checks import ARGUMENTS
from hub.operations.desk import Desk
from schema.policy import SIGNED_IN
from schema.projection import Info, described, value

if TYPE_CHECKING:
    from schema.context import SchemaContext

Concerns = Callable[[Change, Mapping[str, Any], "SchemaContext"], bool]


def not_of_others(kind: str) -> Concerns:
    """Whether a change matters to this kind of subject: not the ledgers of another."""

    def concerns(change: Change, _given: Mapping[str, Any], _context: "SchemaContext") -> bool:
        found: str = (change.document or {}).get("subject_kind", kind)
        return found == kind

    return concerns


OVER_GRAPHQL = "graphql"
"""The device of an action that comes by a mutation: its key is the account's, whatever session."""
Written = TypeVar("Written", bound=BaseModel)
KEY = (
    "Made by the client: sent again with the same input it changes nothing and answers the same"
    " (幂等键)."
)


@value(policy=SIGNED_IN)
class UserError:
    """Why the input could not be carried out (错误). Nothing was changed."""

    code: str = described("Stable code", zh="错误码")
    path: list[str] = described("Which part of the arguments it is about", zh="位置")
    message: str = described("What is wrong and what to do, Chinese first", zh="说明")


def at_desk(info: Info) -> tuple[Desk, Principal]:
    """Where operations are carried out, and who asks for it."""
    return info.context.services.operations.desk, info.context.principal


def by_ledgers(asked: type[Asked]) -> dict[str, Any]:
    """What a LiveSource says to follow the ledgers of this kind of subject, and of no other."""

    def subject_of(change: Change) -> str | None:
        return None if change.document is None else change.document.get("subject_id")

    return {"concerns": not_of_others(asked.kind), "related": subject_of}


async def attempt(
    work: Callable[[], Awaitable[Written]],
) -> tuple[Written | None, list[UserError]]:
    """What a write gave, or the errors it was refused with, each with its argument's path."""
    try:
        return await work(), []
    except UserFault as fault:
        path = path_of(fault.path)
        return None, [UserError(code=fault.code, path=path, message=str(fault))]


def path_of(path: Sequence[str]) -> list[str]:
    """An argument's path as the caller knows it."""
    return ["input", *(ARGUMENTS.get(part, part) for part in path)]


async def act(
    context: "SchemaContext", kind: str, key: str, body: Callable[[], dict[str, Any]]
) -> list[UserError]:
    """What a phone would report as an action of this kind, done here; why not, if it was not."""
    try:
        action = FieldAction(checks.key(key), kind, None, OVER_GRAPHQL, body())
    except UserFault as fault:
        return [UserError(code=fault.code, path=path_of(fault.path), message=str(fault))]
    result = await context.services.operations.act(context.principal, action)
    if result.status in {ActionStatus.APPLIED, ActionStatus.DUPLICATE}:
        return []
    path = ["input", *(part.removesuffix("Id") for part in result.path[1:])]
    return [UserError(code=result.code or "", path=path, message=result.message or "")]
