"""What the officer did and where the officer was: many at a time, each judged on its own."""

from typing import Any, TypeVar

import orjson
from pydantic import ValidationError

from hub import clock
from hub.errors import UserFault
from hub.fate import watched
from hub.model.ids import split_global_id
from hub.model.moments import AHEAD
from hub.model.people import Scope
from hub.operations.actions import ActionResult, ActionStatus, FieldAction
from hub.operations.numbered import id_of
from hub.operations.telling.wire import Message
from hub.store.devices import Fix
from hub.store.documents import AccountDoc
from hub.store.driver import Store
from mobile_api.endpoint import Call, Endpoint
from mobile_api.models import (
    Action,
    ActionOutcome,
    Actions,
    ActionsReply,
    Position,
    PositionRejection,
    Positions,
    PositionsReply,
)
from mobile_api.problems import complaints
from mobile_api.sessions import account_of, device_of

Item = TypeVar("Item", bound=Message)


async def act(call: Call[Actions]) -> ActionsReply:
    """Carry out actions in order. One that is malformed is rejected, the others go on.

    When the database cannot be written the whole call fails with RETRY_LATER: what was done
    before is done, and the same call may be sent again. Each action is one write of the call.
    """
    device_id = device_of(call) or f"session:{call.caller.session_id}"
    results = []
    for item in call.sent.actions:
        with watched() as write:
            call.writes.append(write)
            results.append(await _one(call, item, device_id))
    return ActionsReply(results=results)


async def report_positions(call: Call[Positions]) -> PositionsReply:
    """Keep positions of an officer on duty, from the beginning of this duty on."""
    account = await account_of(call)
    kept: list[Fix] = []
    rejected: list[PositionRejection] = []
    for index, item in enumerate(call.sent.positions):
        try:
            kept.append(_fix(account, _judged(Position, item)))
        except ValidationError as error:
            rejected.append(
                PositionRejection(index=index, code="INVALID", message=_first_complaint(error))
            )
        except UserFault as fault:
            rejected.append(PositionRejection(index=index, code=fault.code, message=fault.message))
    await call.context.positions.add(account.id, account.unit, device_of(call), kept)
    return PositionsReply(accepted=len(kept), rejected=rejected)


async def _one(call: Call[Actions], item: object, device_id: str) -> ActionOutcome:
    try:
        action = _judged(Action, item)
    except ValidationError as error:
        path = complaints(error)[0]["path"]
        return _malformed(item, f"操作格式不正确 / {_first_complaint(error)}", path)
    except UserFault as fault:
        return _malformed(item, fault.message)
    try:
        body = await with_keys(call.context.store, action.body)
        result = await call.context.operations.act(
            call.caller, FieldAction(action.id, action.kind, action.at, device_id, body)
        )
    except UserFault as fault:
        refused = ActionStatus.REJECTED, fault.code, fault.message
        result = ActionResult(action.id, *refused, path=fault.path)
    return ActionOutcome(
        id=result.id,
        status=result.status.value,
        code=result.code,
        message=result.message,
        path=".".join(result.path) or None,
        data=result.data,
    )


async def with_keys(store: Store, body: dict[str, Any]) -> dict[str, Any]:
    """The body with our own key where it names something by GraphQL's global id, or by its number.

    `orderId` names an Order, and so on. Raises UserFault BAD_ID for the id of something else.
    """
    found = dict(body)
    for field, given in body.items():
        if not isinstance(given, str) or not field.endswith("Id"):
            continue
        wanted, parts = field[0].upper() + field[1:-2], split_global_id(given)
        if parts is None:
            found[field] = await id_of(store, wanted, given)
            continue
        if parts[0] != wanted:
            message = f"编号无效 / {field}: of type {parts[0]}; expected one of type {wanted}."
            raise UserFault("BAD_ID", message, path=("body", field))
        found[field] = parts[1]
    return found


def _judged(model: type[Item], item: object) -> Item:
    """An item of a list by its model. Raises ValidationError, UserFault INVALID."""
    try:
        text = orjson.dumps(item)
    except orjson.JSONEncodeError as error:
        message = "数值过大或嵌套过深 / A number of more than 64 bits, or too deep a nesting."
        raise UserFault("INVALID", message) from error
    return model.model_validate_json(text, strict=True)


def _malformed(item: object, message: str, path: str | None = None) -> ActionOutcome:
    return ActionOutcome(
        id=_given_id(item), status="rejected", code="INVALID", message=message, path=path
    )


def _fix(account: AccountDoc, position: Position) -> Fix:
    since = account.duty.since
    if not account.duty.on or (since is not None and position.at < since):
        raise UserFault("OFF_DUTY", "未在勤，位置不予保存 / Not on duty then: nothing is kept.")
    if position.at > clock.now() + AHEAD:
        raise UserFault("TIMESTAMP_IN_FUTURE", "时间晚于当前时间 / The time lies in the future.")
    return Fix(position.at, position.lat, position.lon, position.accuracy, position.battery)


def _given_id(item: object) -> str | None:
    given = item.get("id") if isinstance(item, dict) else None
    return given[:128] if isinstance(given, str) else None


def _first_complaint(error: ValidationError) -> str:
    first = complaints(error)[0]
    return f"{first['path']}: {first['message']}"


ENDPOINTS: tuple[Endpoint[Any], ...] = (
    Endpoint(
        method="POST",
        path="/actions",
        name="act",
        summary="上报操作 / What the officer did",
        handler=act,
        takes=Actions,
        gives=ActionsReply,
        notes_writes=True,
        scope=Scope.FIELD_WORK,
    ),
    Endpoint(
        method="POST",
        path="/positions",
        name="reportPositions",
        summary="上报位置 / Where the officer was",
        handler=report_positions,
        takes=Positions,
        gives=PositionsReply,
        scope=Scope.FIELD_WORK,
    ),
)
