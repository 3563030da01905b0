"""Mutation roots: thin; `hub.operations` decides. What it refuses comes back as `userErrors`."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import strawberry
from pydantic import BaseModel

from hub.errors import UserFault
from hub.model.common import Position
from hub.model.people import Scope
from hub.operations.checks import ARGUMENTS
from hub.store.documents import OrderDoc
from schema.context import row_of
from schema.nodes import key_of
from schema.operations.inputs import (
    CancelOrderInput,
    CloseIncidentInput,
    DispatchOrderInput,
    OpenIncidentInput,
)
from schema.operations.types import Incident, Order
from schema.policy import SIGNED_IN
from schema.projection import Info, described, root, value

Written = TypeVar("Written", bound=BaseModel)


@value(policy=SIGNED_IN)
class UserError:
    """Why the input could not be carried out (错误). Nothing was changed."""

    code: str = described("Stable code", zh="错误码")
    path: list[str] = described("Which part of the arguments it is about", zh="位置")
    message: str = described("What is wrong and what to do, Chinese first", zh="说明")


@value(policy=SIGNED_IN)
class IncidentPayload:
    """What became of the incident."""

    client_mutation_id: str = described("As given", zh="幂等键")
    user_errors: list[UserError] = described("Empty when it was done", zh="错误")
    incident: Incident | None = described("The incident after it; null with errors", zh="事件")


@value(policy=SIGNED_IN)
class DispatchWarning:
    """What to know of an order that was given all the same: who will not be reached (提示)."""

    code: str = described("Stable code", zh="提示码")
    path: list[str] = described("Which part of the arguments it is about", zh="位置")
    message: str = described("What is to be expected and what to do, Chinese first", zh="说明")


@value(policy=SIGNED_IN)
class OrderPayload:
    """What became of the order."""

    client_mutation_id: str = described("As given", zh="幂等键")
    user_errors: list[UserError] = described("Empty when it was done", zh="错误")
    warnings: list[DispatchWarning] = described(
        "Whom a dispatched order will not reach; the same when it is sent again", zh="提示"
    )
    order: Order | None = described("The order after it; null with errors", zh="指令")


@strawberry.type
class OperationsMutation:
    """What the command centre does."""

    @root(Scope.INCIDENTS_WRITE, "Open an incident", zh="登记事件")
    async def open_incident(self, info: Info, input: OpenIncidentInput) -> IncidentPayload:  # noqa: A002
        """Once per clientMutationId."""
        at = input.position
        place = Position(at.lat, at.lon) if at else None

        async def work() -> BaseModel:
            return await info.context.services.operations.open_incident(
                info.context.principal,
                kind=input.kind,
                title=input.title,
                description=input.description,
                severity=input.severity,
                place=input.place,
                position=place,
                units=[key_of(unit, "Unit", "units") for unit in input.units],
                exercise=input.exercise,
                key=input.client_mutation_id,
            )

        return await _incident(input.client_mutation_id, work)

    @root(Scope.INCIDENTS_WRITE, "Close an incident; its open orders are cancelled", zh="办结事件")
    async def close_incident(self, info: Info, input: CloseIncidentInput) -> IncidentPayload:  # noqa: A002
        """Once per clientMutationId."""

        async def work() -> BaseModel:
            return await info.context.services.operations.close_incident(
                info.context.principal,
                incident_id=key_of(input.incident, "Incident", "incident"),
                outcome=input.outcome,
                key=input.client_mutation_id,
            )

        return await _incident(input.client_mutation_id, work)

    @root(Scope.ORDERS_WRITE, "Give an order to officers on duty", zh="下达指令")
    async def dispatch_order(self, info: Info, input: DispatchOrderInput) -> OrderPayload:  # noqa: A002
        """Once per clientMutationId."""

        async def work() -> OrderDoc:
            return await info.context.services.operations.dispatch_order(
                info.context.principal,
                incident_id=key_of(input.incident, "Incident", "incident"),
                text=input.text,
                recipients=[key_of(name, "Officer", "recipients") for name in input.recipients],
                escalation=[key_of(name, "Officer", "escalation") for name in input.escalation],
                priority=input.priority,
                accept_within_s=input.accept_within_seconds,
                key=input.client_mutation_id,
            )

        return await _order(input.client_mutation_id, work, warned=True)

    @root(Scope.ORDERS_WRITE, "Withdraw an order", zh="撤销指令")
    async def cancel_order(self, info: Info, input: CancelOrderInput) -> OrderPayload:  # noqa: A002
        """Once per clientMutationId."""

        async def work() -> OrderDoc:
            return await info.context.services.operations.cancel_order(
                info.context.principal,
                order_id=key_of(input.order, "Order", "order"),
                reason=input.reason,
                key=input.client_mutation_id,
            )

        return await _order(input.client_mutation_id, work)


async def _incident(key: str, work: Callable[[], Awaitable[BaseModel]]) -> IncidentPayload:
    document, errors = await attempt(work)
    return IncidentPayload(
        client_mutation_id=key,
        user_errors=errors,
        incident=Incident(row_of(document)) if document else None,
    )


async def _order(
    key: str, work: Callable[[], Awaitable[OrderDoc]], *, warned: bool = False
) -> OrderPayload:
    document, errors = await attempt(work)
    warnings = document.warnings if document is not None and warned else []
    return OrderPayload(
        client_mutation_id=key,
        user_errors=errors,
        warnings=[
            DispatchWarning(code=one.code, path=_path_of(one.path), message=one.message)
            for one in warnings
        ],
        order=Order(row_of(document)) if document else None,
    )


async def attempt(
    work: Callable[[], Awaitable[Written]],
) -> tuple[Written | None, list[UserError]]:
    """What a write gave, or the errors it was refused with, each with its argument's path."""
    try:
        return await work(), []
    except UserFault as fault:
        path = _path_of(fault.path)
        return None, [UserError(code=fault.code, path=path, message=str(fault))]


def _path_of(path: Sequence[str]) -> list[str]:
    return ["input", *(ARGUMENTS.get(part, part) for part in path)]
