"""The alarms about orders: what they say, Chinese first, English second, and when they are over."""

from collections.abc import Sequence
from datetime import datetime

from hub import clock
from hub.model.alarms import AlarmLevel
from hub.model.operations import OrderState
from hub.operations.alarming.condition import Changed, Condition
from hub.operations.alarming.documents import AlarmDoc
from hub.operations.asking.chains import Chains
from hub.operations.asking.store import Recipients
from hub.operations.desk import Desk
from hub.operations.incidents.documents import IncidentDoc
from hub.operations.incidents.store import IncidentRepository
from hub.operations.orders.documents import OrderDoc
from hub.operations.orders.store import OrderRepository
from hub.operations.words import Both, both
from hub.store.driver import Tx

_COMPLETED = Both("指令已完成", "the order is completed")
_ENDS: dict[OrderState | None, Both] = {
    OrderState.COMPLETED: _COMPLETED,
    OrderState.CANCELLED: Both("指令已撤销", "the order was cancelled"),
}
_TAKEN = Both("已有人签收", "somebody has accepted")


async def _asked(desk: Desk, active: Sequence[AlarmDoc], tx: Tx | None) -> list[Changed]:
    """Over with the order, or once somebody of each chain has taken it; else how many are left."""
    named = [(alarm, alarm.about["order"]) for alarm in active if "order" in alarm.about]
    ids = {key for _, key in named}
    states = await desk.of(OrderRepository).states(ids, tx=tx)
    chains = await desk.of(Recipients).chains_of(ids, tx=tx)
    found: list[Changed] = []
    for alarm, key in named:
        state, lost = states.get(key), chains[key].lost()
        if state is not OrderState.OPEN:
            found.append((alarm, _ENDS.get(state, _COMPLETED)))
        elif not lost:
            found.append((alarm, _TAKEN))
        elif lost < alarm.parts:
            found += await _fewer(desk, alarm, key, chains[key], tx)
    return found


async def _fewer(
    desk: Desk, alarm: AlarmDoc, order_id: str, chains: Chains, tx: Tx | None
) -> list[Changed]:
    """What an alarm says of which less is missing than it says."""
    order = await desk.of(OrderRepository).for_hub(order_id, tx=tx)
    if order is None:
        return []
    incident = await desk.of(IncidentRepository).for_hub(order.incident_id, tx=tx)
    if incident is None:
        return []
    return [(alarm, order_unanswered(order, incident, chains, clock.now()))]


ORDER_UNANSWERED = Condition(
    kind="ORDER_UNANSWERED",
    word=Both("指令无人签收", "Order unanswered"),
    means="Nobody took an order, and nobody is left to ask",
    level=AlarmLevel.ACT,
    next_step=Both(
        "请电话或电台联系接收人，或改派、另行下达指令给在岗人员；不再需要时撤销该指令",
        "Call the recipients by phone or radio, reassign it or dispatch a new order to "
        "officers on duty; cancel this one if it is no longer needed.",
    ),
    asked=_asked,
)


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
    return ORDER_UNANSWERED.alarm(
        drill(incident, none if parts == whole else some),
        at,
        of=order.id,
        place=place(incident),
        parts=parts,
        units=order.units,
        about={"order": order.id, "incident": incident.id},
    )


def not_woken(order: OrderDoc, incident: IncidentDoc, who: Both | str, why: Both) -> Both:
    """That somebody could not be woken for an order."""
    said = both(
        "{name} 呼叫 {who} 失败：{why}",
        "{name}: {who} could not be woken: {why}",
        name=order.name,
        who=who,
        why=why,
    )
    return drill(incident, said)


def end_not_heard(order: OrderDoc, incident: IncidentDoc, who: Both | str, why: Both) -> Both:
    """That somebody could not be woken to hear that an order was withdrawn."""
    said = both(
        "{name} 的撤销通知呼叫 {who} 失败：{why}",
        "{name} was withdrawn, and {who} could not be woken: {why}",
        name=order.name,
        who=who,
        why=why,
    )
    return drill(incident, said)


def drill(incident: IncidentDoc, said: Both) -> Both:
    """What is said of a drill says so first."""
    return both("演练：{said}", "Drill: {said}", said=said) if incident.exercise else said


def place(incident: IncidentDoc) -> str:
    """Where it is, in words."""
    return " · ".join(filter(None, (incident.title, incident.place)))
