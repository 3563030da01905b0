"""Applies the actions of the field app: each once, each in one transaction with all it causes."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from hub import clock
from hub.errors import UserFault
from hub.model.people import Principal, Scope
from hub.operations import checks, field_actions
from hub.operations.actions import (
    Action,
    ActionRefused,
    ActionResult,
    ActionStatus,
    Effect,
    FieldAction,
    Turn,
)
from hub.operations.desk import Desk
from hub.operations.telling.wire import Message
from hub.store.audit import Act
from hub.store.driver import Tx
from hub.store.people import ACCOUNTS


async def act(desk: Desk, by: Principal, action: FieldAction) -> ActionResult:
    """Apply one action once per (account, device, action id).

    A repetition gets `duplicate` with the data of the first time; the same id with another kind
    or body is a `conflict` (IDEMPOTENCY_CONFLICT). What was rejected or in conflict had no effect
    and is judged anew when it comes again. Raises AccessDenied, RetryLater.
    """
    by.require(Scope.FIELD_WORK)
    declared = field_actions().get(action.kind)
    if declared is None:
        known = f"已知 known: {', '.join(field_actions())}."
        return _rejected(
            action,
            "UNKNOWN_KIND",
            f"未知操作 / No action is called {action.kind[:80]!r}. {known}",
            ("kind",),
        )
    try:
        name = [by.account_id, action.device_id, checks.identifier(action.id, ("id",))]
        asked = checks.fingerprint(action.kind, action.body)
        device_at = _device_time(action.at) if action.at else None
        return await _apply(desk, by, action, declared, (name, asked, device_at))
    except ActionRefused as fault:
        path = fault.path
        return ActionResult(action.id, fault.status, fault.code, fault.message, fault.data, path)
    except UserFault as fault:
        if fault.code == "IDEMPOTENCY_CONFLICT":
            return ActionResult(action.id, ActionStatus.CONFLICT, fault.code, fault.message)
        return _rejected(action, fault.code, fault.message, _within(fault.path))


async def _apply(
    desk: Desk,
    by: Principal,
    action: FieldAction,
    declared: Action,
    checked: tuple[list[str], str, datetime | None],
) -> ActionResult:
    name, asked, device_at = checked
    at = clock.now()
    afterwards: list[Callable[[], None]] = []

    async def work(tx: Tx) -> dict[str, Any]:
        afterwards.clear()  # of an attempt that was rolled back
        officer = await desk.accounts.by_id(by.account_id, tx=tx)
        if officer is None or not officer.active:
            raise UserFault("NOT_FOUND", "账号无效 / The account is no longer active.")
        _only_what_is_declared(declared.body, action.body)
        turn = Turn(officer, action.body, at, clock.now(), device_at, action.device_id, afterwards)
        effect = await declared.carry_out(desk, tx, turn)
        if effect.status is ActionStatus.APPLIED:
            await desk.audit.append(_act(by, action, effect), tx=tx)
        return {
            "status": effect.status,
            "code": effect.code,
            "message": effect.message,
            "data": effect.data,
        }

    lane, reads = await declared.touches(desk, by, action.body)
    reads = {ACCOUNTS: [by.account_id], **reads}
    sealed = checks.fingerprint("act", name)
    kept = await desk.idempotency.once(sealed, asked, work, lane=lane, reads=reads)
    if not kept.repeated:
        for say in afterwards:
            say()
    effect = kept.result
    status = ActionStatus.DUPLICATE if kept.repeated else ActionStatus(effect["status"])
    return ActionResult(action.id, status, effect["code"], effect["message"], effect["data"])


def _act(by: Principal, action: FieldAction, effect: Effect) -> Act:
    return Act(
        actor=by.account_id,
        action=action.kind,
        target=effect.target,
        authority=by.role,
        session=by.session_id,
        device=action.device_id if action.at else by.device_id,
        before=effect.before,
        after=effect.after,
    )


def _only_what_is_declared(shape: type[Message], body: dict[str, Any]) -> None:
    """Refuse what the shape has no field for; whether the rest is right the handler judges.

    Raises UserFault INVALID with the path of the first.
    """
    try:
        shape.model_validate(body, by_alias=True, by_name=False)
    except ValidationError as error:
        unknown = [one["loc"] for one in error.errors() if one["type"] == "extra_forbidden"]
        if unknown:
            path = ("body", *map(str, unknown[0]))
            words = f"未知字段 / {'.'.join(path)[:80]}: no such field."
            raise UserFault("INVALID", words, path=path) from error


def _within(path: tuple[str, ...]) -> tuple[str, ...]:
    """A path in the action: what others are asked for too has its own name alone."""
    return path if not path or path[0] in {"id", "at", "body"} else ("body", *path)


def _device_time(at: datetime) -> datetime:
    """The phone's time as UTC, for the record only. Raises UserFault if it is out of this world."""
    try:
        return at.astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise UserFault("BAD_TIME", "时间无效 / at: not a usable time.", path=("at",)) from error


def _rejected(
    action: FieldAction, code: str, message: str, path: tuple[str, ...] = ()
) -> ActionResult:
    return ActionResult(action.id, ActionStatus.REJECTED, code, message, path=path)
