"""Applies the actions of the field app: each once, each in one transaction with all it causes."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Any

from hub import clock
from hub.errors import UserFault
from hub.model.operations import Stage
from hub.model.people import Principal, Scope
from hub.operations import checks
from hub.operations.actions import (
    ActionRefused,
    ActionResult,
    ActionStatus,
    Effect,
    FieldAction,
    Turn,
)
from hub.operations.answers import answer
from hub.operations.desk import Desk
from hub.operations.duty import sign_in, sign_out
from hub.operations.handover import Handover
from hub.operations.incidents import record_incident, request_of
from hub.store.driver import Tx
from hub.store.group_commit import Reads
from hub.store.orders import ORDERS, recipient_id
from hub.store.people import ACCOUNTS
from hub.store.timeline import INCIDENTS
from hub.store.timers import RECIPIENTS

Handler = Callable[[Desk, Tx, Turn], Awaitable[Effect]]


async def report_incident(desk: Desk, tx: Tx, turn: Turn) -> Effect:
    """An officer's report opens an incident of the officer's unit.

    Body: `kind`, `title`, and optionally `description`, `place`, `lat`, `lon` (WGS-84).
    """
    body = turn.body
    asked = request_of(
        kind=body.get("kind"),
        title=body.get("title"),
        description=body.get("description"),
        place=body.get("place"),
        position=checks.position(body.get("lat"), body.get("lon"), ("body",)),
        units=[turn.officer.unit] if turn.officer.unit else [],
    )
    officer = turn.officer.id
    incident = await record_incident(desk, tx, asked, by=officer, at=turn.at, officers=[officer])
    return Effect(ActionStatus.APPLIED, data={"incidentId": incident.id, "number": incident.number})


HANDLERS: dict[str, Handler] = {
    "duty.signIn": sign_in,
    "duty.signOut": sign_out,
    "order.received": partial(answer, to=Stage.RECEIVED),
    "order.seen": partial(answer, to=Stage.SEEN),
    "order.accepted": partial(answer, to=Stage.ACCEPTED),
    "order.declined": partial(answer, to=Stage.DECLINED),
    "order.enRoute": partial(answer, to=Stage.EN_ROUTE),
    "order.arrived": partial(answer, to=Stage.ARRIVED),
    "order.done": partial(answer, to=Stage.DONE),
    "incident.report": report_incident,
}
KINDS: frozenset[str] = frozenset(HANDLERS)
"""The kinds of action that are known."""


async def act(desk: Desk, by: Principal, action: FieldAction) -> ActionResult:
    """Apply one action once per (account, device, action id).

    A repetition gets `duplicate` with the data of the first time; the same id with another kind
    or body is a `conflict` (IDEMPOTENCY_CONFLICT). What was rejected or in conflict had no effect
    and is judged anew when it comes again. Raises AccessDenied, RetryLater.
    """
    by.require(Scope.FIELD_WORK)
    handler = HANDLERS.get(action.kind)
    if handler is None:
        known = f"已知 known: {', '.join(HANDLERS)}."
        return _rejected(
            action,
            "UNKNOWN_KIND",
            f"未知操作 / No action is called {action.kind[:80]!r}. {known}",
        )
    try:
        name = [by.account_id, action.device_id, checks.identifier(action.id, ("id",))]
        asked = checks.fingerprint(action.kind, action.body)
        device_at = _device_time(action.at)
        return await _apply(desk, by, action, handler, (name, asked, device_at))
    except ActionRefused as fault:
        return ActionResult(action.id, fault.status, fault.code, fault.message, fault.data)
    except UserFault as fault:
        if fault.code == "IDEMPOTENCY_CONFLICT":
            return ActionResult(action.id, ActionStatus.CONFLICT, fault.code, fault.message)
        return _rejected(action, fault.code, fault.message)


async def _apply(
    desk: Desk,
    by: Principal,
    action: FieldAction,
    handler: Handler,
    checked: tuple[list[str], str, datetime],
) -> ActionResult:
    name, asked, device_at = checked
    at = clock.now()
    handovers: list[Handover] = []

    async def work(tx: Tx) -> dict[str, Any]:
        handovers.clear()  # of an attempt that was rolled back
        officer = await desk.accounts.by_id(by.account_id, tx=tx)
        if officer is None or not officer.active:
            raise UserFault("NOT_FOUND", "账号无效 / The account is no longer active.")
        turn = Turn(officer, action.body, at, clock.now(), device_at, handovers)
        return asdict(await handler(desk, tx, turn))

    lane, reads = await _writes_to(desk, by, action)
    sealed = checks.fingerprint("act", name)
    kept = await desk.idempotency.once(sealed, asked, work, lane=lane, reads=reads)
    if not kept.repeated:
        for handover in handovers:
            handover.report()
    effect = kept.result
    status = ActionStatus.DUPLICATE if kept.repeated else ActionStatus(effect["status"])
    return ActionResult(action.id, status, effect["code"], effect["message"], effect["data"])


async def _writes_to(desk: Desk, by: Principal, action: FieldAction) -> tuple[str, Reads]:
    """The incident an action writes to ("" where there is none yet), and the rows it asks for."""
    if not action.kind.startswith("order."):
        return "", {ACCOUNTS: [by.account_id]}
    order_id = checks.identifier(action.body.get("orderId"), ("body", "orderId"))
    incident_id = await desk.orders.incident_of(order_id) or ""
    return incident_id, {
        ACCOUNTS: [by.account_id],
        RECIPIENTS: [recipient_id(order_id, by.account_id)],
        ORDERS: [order_id],
        INCIDENTS: [incident_id],
    }


def _device_time(at: datetime) -> datetime:
    """The phone's time as UTC, for the record only. Raises UserFault if it is out of this world."""
    try:
        return at.astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise UserFault("BAD_TIME", "时间无效 / at: not a usable time.", path=("at",)) from error


def _rejected(action: FieldAction, code: str, message: str) -> ActionResult:
    return ActionResult(action.id, ActionStatus.REJECTED, code, message)
