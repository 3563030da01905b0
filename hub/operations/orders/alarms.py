"""What the alarms about orders say; Chinese first, English second."""

from datetime import datetime

from hub.model.alarms import AlarmKind
from hub.operations.alarms.documents import AlarmDoc
from hub.operations.asking.chains import Chains
from hub.operations.asking.documents import RecipientDoc
from hub.operations.desk import new_id
from hub.operations.incidents.documents import IncidentDoc
from hub.operations.orders.documents import OrderDoc
from hub.operations.words import person
from hub.store.documents import AccountDoc


def order_unanswered(
    order: OrderDoc, incident: IncidentDoc, chains: Chains, at: datetime
) -> AlarmDoc:
    """An order of which parts have nobody who took them and nobody left to ask (`Chains.lost`).

    It names no person: liaisons of several units may read it.
    """
    parts, whole = chains.lost(), len(chains.begun())
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
            "请电话或电台联系接收人，或改派、另行下达指令给在岗人员；不再需要时撤销该指令 / "
            "Call the recipients by phone or radio, reassign it or dispatch a new order to "
            "officers on duty; cancel this one if it is no longer needed."
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


def _place(incident: IncidentDoc) -> str:
    return " · ".join(filter(None, (incident.title, incident.place)))
