"""Dispatching, reassigning and cancelling orders (指令)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from hub import clock
from hub.errors import NotFound, UserFault
from hub.model.operations import TAKEN, OrderPriority, OrderState, Stage
from hub.model.people import Principal, Scope
from hub.operations import checks
from hub.operations.asking.documents import RecipientDoc
from hub.operations.asking.ladder import can_be_asked, reassign
from hub.operations.asking.ledger import announce, open_ledger
from hub.operations.asking.reach import unwoken, warnings_of
from hub.operations.asking.store import Recipients
from hub.operations.desk import Call, Desk, Done, new_id
from hub.operations.incidents.actions import open_for
from hub.operations.incidents.documents import INCIDENTS
from hub.operations.orders.asked import OrderAsked
from hub.operations.orders.documents import ORDERS, OrderDoc
from hub.operations.orders.store import OrderRepository
from hub.operations.words import STAGES, Both, both, people, person
from hub.store.documents import AccountDoc
from hub.store.driver import Tx
from hub.store.group_commit import NUMBERS
from hub.store.people import ACCOUNTS

TEXT = 2000
MOST_RECIPIENTS = 1000
ACCEPT_WITHIN = range(5, 3601)
"""Seconds that may be given to accept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """An order to be dispatched, checked as far as that is possible without the database."""

    incident_id: str
    text: str
    recipients: tuple[str, ...]
    escalation: tuple[str, ...]
    priority: OrderPriority
    accept_within_s: int | None


def request_of(
    *,
    incident_id: object,
    text: object,
    recipients: Sequence[str],
    escalation: Sequence[str] = (),
    priority: object = OrderPriority.URGENT,
    accept_within_s: int | None = None,
) -> OrderRequest:
    """Check what a caller asks for. Raises UserFault with the path of the first fault.

    Codes: BAD_TEXT, BAD_VALUE, BAD_ID, RECIPIENT_COUNT.
    """
    if not 1 <= len(recipients) <= MOST_RECIPIENTS or len(escalation) > MOST_RECIPIENTS:
        raise UserFault(
            "RECIPIENT_COUNT",
            f"人数须为 1 至 {MOST_RECIPIENTS} / Expected 1 to {MOST_RECIPIENTS} recipients, "
            f"at most {MOST_RECIPIENTS} for escalation.",
            path=("recipients" if not 1 <= len(recipients) <= MOST_RECIPIENTS else "escalation",),
        )
    if accept_within_s is not None and accept_within_s not in ACCEPT_WITHIN:
        raise UserFault(
            "BAD_VALUE",
            "签收时限须为 5 至 3600 秒 / acceptWithinSeconds: expected 5 to 3600 seconds.",
            path=("accept_within_s",),
        )
    return OrderRequest(
        incident_id=checks.identifier(incident_id, ("incident_id",)),
        text=checks.text(text, ("text",), most=TEXT),
        recipients=tuple(checks.identifier(name, ("recipients",)) for name in recipients),
        escalation=tuple(checks.identifier(name, ("escalation",)) for name in escalation),
        priority=checks.word(priority, OrderPriority, ("priority",)),
        accept_within_s=accept_within_s,
    )


async def dispatch_order(desk: Desk, by: Principal, asked: OrderRequest, key: str) -> OrderDoc:
    """Dispatch an order (指令) once per key, to accounts named by id or login.

    Needs ORDERS_WRITE. Recipients must be officers or liaisons on duty; `escalation` names who else
    is asked, in that order, and may be off duty now. Whom it will not reach is said in its
    `warnings`. Codes: those of `request_of`, NOT_FOUND, INCIDENT_CLOSED, RECIPIENT_UNKNOWN,
    RECIPIENT_ROLE, RECIPIENT_OFF_DUTY, RECIPIENT_DUPLICATE, ESCALATION_NAMES_RECIPIENT.

    One transaction: order, ledgers, inboxes, wake-ups, timeline, key. All of it or nothing. The
    time to accept runs from when it is written, however long it waited for its turn.
    """
    by.require(Scope.ORDERS_WRITE)
    order_id, within_s = new_id(), asked.accept_within_s
    if within_s is None:
        within_s = desk.settings.accept_within // timedelta(seconds=1)
    phones = await desk.devices.channels_of({*asked.recipients, *asked.escalation})

    async def work(tx: Tx) -> Done:
        at = clock.now()
        incident = await open_for(desk, tx, by, asked.incident_id)
        known = await desk.accounts.by_logins_or_ids({*asked.recipients, *asked.escalation}, tx=tx)
        officers = _resolve(asked.recipients, known, "recipients", on_duty=True)
        fallback = _resolve(asked.escalation, known, "escalation", on_duty=False)
        _nobody_twice(officers, fallback)
        order = OrderDoc(
            id=order_id,
            incident_id=incident.id,
            number=await desk.numbers.below("order", incident.id, incident.number, tx),
            text=asked.text,
            priority=asked.priority,
            created_by=by.account_id,
            created_at=at,
            units=_units(officers),
            recipients=[account.id for account in officers],
            escalation=[account.id for account in fallback],
            within_s=within_s,
            warnings=await warnings_of(desk, tx, officers, fallback, phones),
        )
        await _write(OrderAsked(desk, tx, order, incident), officers, at)
        return Done(order.id, after={"number": order.number, "recipients": order.recipients})

    reads = {
        INCIDENTS: [asked.incident_id],
        ACCOUNTS: [*asked.recipients, *asked.escalation],
        NUMBERS: [asked.incident_id],
    }
    call = Call("dispatchOrder", "order.dispatched", asdict(asked), key)
    done = await desk.once(by, call, work, lane=asked.incident_id, reads=reads)
    return await _readable(desk, by, done)


async def cancel_order(
    desk: Desk, by: Principal, *, order_id: str, reason: str, key: str
) -> OrderDoc:
    """Cancel an open order once per key. Recipients are told, and woken if they are in it.

    Needs ORDERS_WRITE. Codes: NOT_FOUND, ORDER_ENDED, BAD_TEXT.
    """
    by.require(Scope.ORDERS_WRITE)
    order_id = checks.identifier(order_id, ("order_id",))
    reason = checks.text(reason, ("reason",), most=checks.REASON)

    async def work(tx: Tx) -> Done:
        asked = await _open(desk, tx, by, order_id)
        await asked.cancel(by=by.account_id, reason=reason, at=clock.now())
        return Done(order_id, before={"state": "OPEN"}, after={"state": "CANCELLED"})

    lane = await desk.of(Recipients).lane_of(order_id)
    reads = {ORDERS: [order_id], INCIDENTS: [lane] if lane else []}
    call = Call("cancelOrder", "order.cancelled", {"order": order_id, "reason": reason}, key)
    return await _readable(desk, by, await desk.once(by, call, work, lane=lane, reads=reads))


async def reassign_order(
    desk: Desk,
    by: Principal,
    *,
    order_id: str,
    officer: str,
    to: str,
    reason: str,
    key: str,
    stage: object = None,
) -> OrderDoc:
    """Take an open order from one recipient and give it to another, once per key.

    Needs ORDERS_WRITE; both are named by id or login, the other must be on duty and have no part of
    it. Who had one before, and has not any more, is asked anew. If no push wakes them now, the
    `warnings` of what is returned say so. `stage` is how far the first had come when the caller
    looked, None for not accepted: what was taken on or gone on with since stays where it is.
    Codes: NOT_FOUND, ORDER_ENDED, BAD_TEXT, BAD_VALUE, NOT_A_RECIPIENT, PART_DONE, PART_PASSED_ON,
    PART_TAKEN, RECIPIENT_UNKNOWN, RECIPIENT_ROLE, RECIPIENT_OFF_DUTY, RECIPIENT_DUPLICATE.
    """
    by.require(Scope.ORDERS_WRITE)
    order_id = checks.identifier(order_id, ("order_id",))
    names = {
        path: checks.identifier(name, (path,)) for path, name in (("officer", officer), ("to", to))
    }
    reason = checks.text(reason, ("reason",), most=checks.REASON)
    known_as = None if stage is None else checks.word(stage, Stage, ("stage",))

    async def work(tx: Tx) -> Done:
        asked = await _open(desk, tx, by, order_id)
        known = await desk.accounts.by_logins_or_ids(names.values(), tx=tx)
        (next_,) = _resolve([names["to"]], known, "to", on_duty=True)
        await _has_no_part(asked, next_)
        former = known.get(names["officer"])
        row = await _part_of(asked, former.id if former else names["officer"])
        if row.stage in TAKEN and row.stage is not known_as:
            raise _taken_since(row, former)
        before = {"officer": row.account_id, "stage": str(row.stage)}
        await reassign(asked, row, next_, by=by.account_id, reason=reason, at=clock.now())
        return Done(order_id, before=before, after={"officer": next_.id, "reason": reason})

    lane = await desk.of(Recipients).lane_of(order_id)
    reads = {ORDERS: [order_id], INCIDENTS: [lane] if lane else []}
    asking = [order_id, names, reason, known_as]
    call = Call("reassignOrder", "order.reassigned", asking, key)
    order = await _readable(desk, by, await desk.once(by, call, work, lane=lane, reads=reads))
    known = await desk.accounts.by_logins_or_ids([names["to"]])
    order.warnings = await unwoken(desk, by, [*known.values()], "to")
    return order


async def _readable(desk: Desk, by: Principal, order_id: str) -> OrderDoc:
    found = await desk.of(OrderRepository).get(order_id, by.viewer)
    if found is None:
        raise NotFound("order", order_id)
    return found


async def _part_of(asked: OrderAsked, account_id: str) -> RecipientDoc:
    """The part that this account holds, as the last of its chain. Raises UserFault."""
    row = await asked.desk.of(Recipients).current(asked.subject.id, account_id, tx=asked.tx)
    if row is None:
        words = f"不是接收人 / {account_id!r} is no recipient of this order."
        raise UserFault("NOT_A_RECIPIENT", words, path=("officer",))
    if row.stage is Stage.DONE:
        words = "已处置完毕，无需改派 / That part is done already."
        raise UserFault("PART_DONE", words, path=("officer",))
    holder = await _holder(asked, row)
    if holder.id != row.id and row.stage not in TAKEN:
        known = await asked.desk.accounts.by_id(holder.account_id, tx=asked.tx)
        said = both(
            "现由 {name} 负责，请改派该人员",
            "It is with {name} now: reassign that part.",
            name=person(known) if known else holder.account_id,
        )
        raise UserFault("PART_PASSED_ON", str(said), path=("officer",))
    return row


def _taken_since(row: RecipientDoc, account: AccountDoc | None) -> UserFault:
    """That somebody has this part in hand, which the caller does not seem to know."""
    words = both(
        "{name} {stage}；仍要改派，请再次提交（stage: {word}）",
        "{name}: {stage}. To reassign it all the same, submit it again (stage: {word}).",
        name=person(account) if account else row.account_id,
        stage=STAGES[row.stage],
        word=str(row.stage),
    )
    return UserFault("PART_TAKEN", str(words), path=("stage",))


async def _has_no_part(asked: OrderAsked, account: AccountDoc) -> None:
    """Refuse who still has a part of it, also one that nobody took: that is theirs to be given on.

    Raises UserFault RECIPIENT_DUPLICATE.
    """
    row = await asked.desk.of(Recipients).current(asked.subject.id, account.id, tx=asked.tx)
    if row is None or row.stage is Stage.DONE:
        return
    if row.stage not in asked.ended or (await _holder(asked, row)).id == row.id:
        words = f"已是接收人 / {account.login!r} has a part of it already."
        raise UserFault("RECIPIENT_DUPLICATE", words, path=("to",))


async def _holder(asked: OrderAsked, row: RecipientDoc) -> RecipientDoc:
    """Whose ledger has the part that this one is of."""
    ledgers = asked.desk.of(Recipients)
    chains = await ledgers.chains(asked.tx, asked.subject.id)
    return await ledgers.ledger(chains.holder(row.id), tx=asked.tx) or row


async def _open(desk: Desk, tx: Tx, by: Principal, order_id: str) -> OrderAsked:
    """The order, visible to the caller and open. Raises NotFound or UserFault."""
    seen = await desk.of(OrderRepository).get(order_id, by.viewer, tx=tx)
    asked = seen and await OrderAsked.take_up(desk, tx, seen.id)
    if not asked:
        raise NotFound("order", order_id, path=("order_id",))
    order = asked.subject
    if order.state is not OrderState.OPEN:
        raise UserFault(
            "ORDER_ENDED",
            f"指令已结束 / Order {order.number} is {order.state}.",
            path=("order_id",),
        )
    return asked


async def cancel_open_of(
    desk: Desk, tx: Tx, incident_id: str, by: Principal, reason: Both, at: datetime
) -> None:
    """Cancel what is open of an incident that is being closed. Needs ORDERS_WRITE if any is."""
    orders = await desk.of(OrderRepository).open_of_incident(tx, incident_id)
    if orders:
        by.require(Scope.ORDERS_WRITE)
    for order in orders:
        asked = await OrderAsked.take_up(desk, tx, order.id)
        if asked is not None:
            await asked.cancel(by=by.account_id, reason=reason, at=at)


async def _write(asked: OrderAsked, officers: list[AccountDoc], at: datetime) -> None:
    order = asked.subject
    asked.desk.of(OrderRepository).insert(asked.tx, order)
    await announce(asked, [open_ledger(asked, account, at) for account in officers], at)
    words = both(
        "{name} 已下达：{people}",
        "{name} given to {people}",
        name=order.name,
        people=people(officers),
    )
    await asked.note(at, order.created_by, "order.dispatched", words, order.units)
    await asked.involve(officers)


def _resolve(
    names: Sequence[str], known: dict[str, AccountDoc], path: str, *, on_duty: bool
) -> list[AccountDoc]:
    """The accounts behind ids or logins, each fit to be ordered. Raises UserFault."""
    found = []
    for index, name in enumerate(names):
        account = known.get(name)
        where = (path, str(index))
        if account is None:
            raise UserFault(
                "RECIPIENT_UNKNOWN", f"无此人员 / Nobody is called {name!r}.", path=where
            )
        if not can_be_asked(account):
            raise UserFault(
                "RECIPIENT_ROLE",
                f"该账号不能接收指令 / {name!r} is neither officer nor liaison.",
                path=where,
            )
        if on_duty and not account.duty.on:
            raise UserFault("RECIPIENT_OFF_DUTY", f"未签到 / {name!r} is not on duty.", path=where)
        found.append(account)
    checks.once_each([account.id for account in found], (path,))
    return found


def _nobody_twice(officers: Sequence[AccountDoc], fallback: Sequence[AccountDoc]) -> None:
    """Refuse to ask somebody next who is asked already."""
    asked = {account.id for account in officers}
    for index, account in enumerate(fallback):
        if account.id in asked:
            raise UserFault(
                "ESCALATION_NAMES_RECIPIENT",
                f"已是接收人 / {account.login!r} is a recipient already: "
                "name somebody else to be asked next.",
                path=("escalation", str(index)),
            )


def _units(officers: Sequence[AccountDoc]) -> list[str]:
    return list(dict.fromkeys(officer.unit for officer in officers if officer.unit is not None))
