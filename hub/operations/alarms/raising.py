"""What each alarm says: what is wrong, where, and the next step; Chinese first, English second."""

from collections.abc import Mapping
from datetime import datetime

from hub import clock
from hub.model.alarms import AlarmKind
from hub.model.operations import ENDED, TAKEN
from hub.operations.desk import new_id
from hub.operations.words import person
from hub.store.documents import AccountDoc, AlarmDoc, IncidentDoc, OrderDoc, RecipientDoc
from hub.store.orders import Link

LATE = "ESCALATION_LATE"
"""The one condition of late escalations: it is the hub that is late, not an order."""


def order_unanswered(
    order: OrderDoc, incident: IncidentDoc, links: Mapping[str, Link], at: datetime
) -> AlarmDoc:
    """An order of which parts have nobody who took them and nobody left to ask, as `lost` counts.

    It names no person: liaisons of several units may read it.
    """
    parts = lost(links)
    whole = sum(link.escalated_from is None for link in links.values())
    number = order.number
    missing = (
        f"指令 {number} 的 {whole} 人次中有 {parts} 人次无人签收",
        f"{parts} of {whole} parts of order {number} {'is' if parts == 1 else 'are'} not taken",
    )
    if parts == whole:
        missing = (
            f"指令 {number} 无人签收（{parts} 人次）",
            f"Nobody has accepted order {number} ({parts} to fill)",
        )
    drill = "演练 / drill: " if incident.exercise else ""
    return AlarmDoc(
        id=new_id(),
        kind=AlarmKind.ORDER_UNANSWERED,
        condition=f"ORDER_UNANSWERED:{order.id}",
        message=f"{drill}{missing[0]}，已无可升级人员 / {missing[1]}; nobody is left to ask.",
        next_step=(
            "请电话或电台联系接收人，或另行下达指令给在岗人员；不再需要时撤销该指令 / "
            "Call the recipients by phone or radio, or dispatch a new order to officers on duty; "
            "cancel this one if it is no longer needed."
        ),
        place=_place(incident),
        parts=parts,
        units=order.units,
        order_id=order.id,
        incident_id=incident.id,
        raised_at=at,
        confirmed_at=at,
    )


def wake_up_dead(
    order: OrderDoc,
    incident: IncidentDoc,
    ledger: RecipientDoc,
    account: AccountDoc | None,
    *,
    why: str,
    at: datetime,
    withdrawn: bool = False,
) -> AlarmDoc:
    """A person whom no push reaches for an order, or for its withdrawal: two conditions.

    It is for that person's unit alone.
    """
    name = person(account) if account else ledger.account_id
    what = ("的撤销通知", "the withdrawal of order") if withdrawn else ("", "order")
    return AlarmDoc(
        id=new_id(),
        kind=AlarmKind.WAKE_UP_DEAD,
        condition=f"WAKE_UP_DEAD:{ledger.id}" + (":withdrawn" if withdrawn else ""),
        message=(
            f"指令 {order.number} {what[0]}呼叫 {name} 失败 / "
            f"{name} could not be woken for {what[1]} {order.number}: {why}"
        ),
        next_step=(
            f"请电话或电台通知 {name} / Tell {name} by phone or radio; if several cannot be woken, "
            "check the push service: liandong doctor."
        ),
        place=_place(incident),
        units=[ledger.unit] if ledger.unit is not None else [],
        order_id=order.id,
        incident_id=incident.id,
        account_id=ledger.account_id,
        withdrawn=withdrawn,
        raised_at=at,
        confirmed_at=at,
    )


def escalation_late(order: OrderDoc | None, parts: int, at: datetime) -> AlarmDoc:
    """Timers that have passed and were not acted on; `order` is the one that waits longest."""
    number = order.number if order else "?"
    return AlarmDoc(
        id=new_id(),
        kind=AlarmKind.ESCALATION_LATE,
        condition=LATE,
        message=(
            f"指令升级延误（{parts} 人次），最早的是 {number} / "
            f"Escalation runs late ({parts} overdue); order {number} waits longest."
        ),
        next_step=(
            "请电话联系未签收人员及其后备；检查 dispatch 进程和数据库：/readyz, liandong doctor / "
            "Call those who have not answered, and who is next on their lists; check the dispatch "
            "process and the database: /readyz, liandong doctor."
        ),
        parts=parts,
        order_id=order.id if order else None,
        incident_id=order.incident_id if order else None,
        raised_at=at,
        confirmed_at=at,
    )


def clock_off(host: str, trouble: str, at: datetime) -> AlarmDoc:
    """A machine of the hub whose clock is wrong; `trouble` is `clock.trouble()` there."""
    return AlarmDoc(
        id=new_id(),
        kind=AlarmKind.CLOCK_OFF,
        condition=clock_condition(host),
        message=f"{host}: {trouble}",
        next_step=(
            "请在该主机启用 NTP 校时 (chrony) / Set that machine's clock and keep it by NTP "
            f"(chrony); more than {clock.TOLERATED.seconds} s off is an alarm."
        ),
        place=host,
        raised_at=at,
        confirmed_at=at,
    )


def clock_condition(host: str) -> str:
    """Names what `clock_off` of this machine is about."""
    return f"CLOCK_OFF:{host}"


def lost(links: Mapping[str, Link]) -> int:
    """How many chains of an order have ended with nobody who took it, and nobody who is asked.

    `links` are its recipients by account, as `OrderRepository.links` reads them.
    """
    successor = {link.escalated_from: account for account, link in links.items()}

    def is_lost(first: str) -> bool:
        chain = [first]
        while (asked := successor.get(chain[-1])) is not None:
            chain.append(asked)
        stages = [links[account].stage for account in chain]
        return stages[-1] in ENDED and TAKEN.isdisjoint(stages)

    return sum(is_lost(name) for name, link in links.items() if link.escalated_from is None)


def _place(incident: IncidentDoc) -> str:
    return " · ".join(filter(None, (incident.title, incident.place)))
