"""What the alarms about orders say; Chinese first, English second."""

from datetime import datetime

from hub.model.alarms import AlarmKind
from hub.operations.alarms.documents import AlarmDoc
from hub.operations.asking.chains import Chains
from hub.operations.asking.documents import RecipientDoc
from hub.operations.desk import new_id
from hub.operations.incidents.documents import IncidentDoc
from hub.operations.orders.documents import OrderDoc
from hub.operations.words import Both, both, hubs_own, person
from hub.store.documents import AccountDoc


def order_unanswered(
    order: OrderDoc, incident: IncidentDoc, chains: Chains, at: datetime
) -> AlarmDoc:
    """An order of which parts have nobody who took them and nobody left to ask (`Chains.lost`).

    It names no person: liaisons of several units may read it.
    """
    parts, whole = chains.lost(), len(chains.begun())
    number, are = order.number, "is" if parts == 1 else "are"
    some = both(
        "指令 {number} 的 {whole} 人次中有 {parts} 人次无人签收，已无可升级人员",
        f"{{parts}} of {{whole}} parts of order {{number}} {are} not taken; nobody is left to ask.",
        number=number,
        whole=whole,
        parts=parts,
    )
    none = both(
        "指令 {number} 无人签收（{parts} 人次），已无可升级人员",
        "Nobody has accepted order {number} ({parts} to fill); nobody is left to ask.",
        number=number,
        parts=parts,
    )
    return AlarmDoc(
        id=new_id(),
        kind=AlarmKind.ORDER_UNANSWERED,
        condition=f"ORDER_UNANSWERED:{order.id}",
        message=str(_drill(incident, none if parts == whole else some)),
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
    who = person(account) if account else ledger.account_id
    given = {"name": order.name, "who": who, "why": hubs_own(why)}
    order_itself = both(
        "{name} 呼叫 {who} 失败：{why}", "{name}: {who} could not be woken: {why}", **given
    )
    its_end = both(
        "{name} 的撤销通知呼叫 {who} 失败：{why}",
        "{name} was withdrawn, and {who} could not be woken: {why}",
        **given,
    )
    return AlarmDoc(
        id=new_id(),
        kind=AlarmKind.WAKE_UP_DEAD,
        condition=f"WAKE_UP_DEAD:{ledger.id}" + (":withdrawn" if withdrawn else ""),
        message=str(_drill(incident, its_end if withdrawn else order_itself)),
        next_step=str(
            both(
                "请电话或电台通知 {who}；多人呼叫失败时检查推送服务：liandong doctor",
                "Tell {who} by phone or radio; if several cannot be woken, check the push service: "
                "liandong doctor.",
                who=who,
            )
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


def _drill(incident: IncidentDoc, said: Both) -> Both:
    return both("演练：{said}", "Drill: {said}", said=said) if incident.exercise else said


def _place(incident: IncidentDoc) -> str:
    return " · ".join(filter(None, (incident.title, incident.place)))
