"""What a phone in a terminal says of what its sync brings: orders, bulletins, incidents."""

from typing import Any

from rich.markup import escape

Held = dict[str, Any]
"""An order, bulletin or incident as sync gives it."""

SAID = {
    "order.received": "已送达 received",
    "order.seen": "已读 seen",
    "order.accepted": "已签收 accepted",
    "order.declined": "已答复不能执行 declined",
    "order.enRoute": "已出发 en route",
    "order.arrived": "已到场 on scene",
    "order.done": "已完成 done",
    "bulletin.received": "已送达 received",
    "bulletin.read": "已读 read",
}
"""What is said of an action that the hub has taken."""
TOPICS = {
    "order.created": "新指令 a new order",
    "order.cancelled": "指令已撤销 an order was cancelled",
    "order.escalated": "指令已转交他人 an order has gone to somebody else",
    "bulletin.created": "新通报 a new bulletin",
    "bulletin.reminded": "通报未读 a bulletin is still unread",
    "bulletin.cancelled": "通报已撤回或更正 a bulletin was withdrawn or corrected",
}
"""What a push is about."""
UNSEEN = {"QUEUED", "SENT", "RECEIVED"}
_OFFERED = {
    **dict.fromkeys((*UNSEEN, "SEEN"), "ax"),
    "ACCEPTED": "ehd",
    "EN_ROUTE": "hd",
    "ARRIVED": "d",
    "ESCALATED": "a",
}
"""The keys that answer an open order, by its stage."""
_STATES = {
    "OPEN": "执行中 open",
    "COMPLETED": "处置完毕 completed",
    "CANCELLED": "已撤销 cancelled",
}
_INCIDENTS = {"OPEN": "已重启 goes on", "CLOSED": "已办结 was closed"}
_FACTS = {
    "kind": "类型 kind",
    "severity": "严重程度 severity",
    "title": "标题 title",
    "place": "地点 place",
    "description": "描述 description",
    "position": "位置 position",
}
_CODED = {"kind", "severity"}
_WORDS = {
    "CROWD": "客流",
    "TRAFFIC": "交通",
    "PUBLIC_ORDER": "治安",
    "MEDICAL": "医疗",
    "FIRE": "火情",
    "ILLEGAL_TRANSPORT": "非法客运",
    "STRANDED_PASSENGERS": "滞留旅客",
    "FACILITY": "设施",
    "OTHER": "其他",
    "MINOR": "轻微",
    "MODERATE": "一般",
    "SEVERE": "严重",
    "EXTREME": "特别严重",
    "UNKNOWN": "未知",
}
"""Kinds of incidents, and how bad one is."""


def offered(order: Held) -> str:
    """The keys that answer this order as it stands: none where it is over, or somebody has it."""
    if order["state"] != "OPEN" or (order["stage"] == "ESCALATED" and order.get("takenByOther")):
        return ""
    return _OFFERED.get(order["stage"], "")


def order_line(known: Held | None, order: Held) -> str | None:
    """What is to be said of an order that was shown before; None for nothing.

    That it was given to somebody else is said also where it is not known: its owner may be going.
    """
    number, was = order["number"], known or {}
    if _reassigned(order):
        reason = escape(order["reassignedBecause"])
        said = f"改派，你不必再去 reassigned, you need not go: {reason}"
        return None if _reassigned(was) else f"[bold yellow]指令 {number} {said}[/bold yellow]"
    if known is None:
        return None
    if known["state"] != order["state"]:
        return f"指令 {number} {_STATES.get(order['state'], order['state'])}"
    if order["stage"] == "ESCALATED" and _told(known) != _told(order):
        return f"[yellow]指令 {number} {_passed_on(order)}[/yellow]"
    if order.get("takenByOther") and not known.get("takenByOther"):
        return f"[yellow]指令 {number} 另有人签收 is taken by another too[/yellow]"
    return None


def urgency(order: Held) -> tuple[bool, str]:
    """Orders still asked of this officer before those that went on, then the newest."""
    return order["stage"] != "ESCALATED", str(order["createdAt"])


def is_unread(bulletin: Held) -> bool:
    """Whether it is still to be read."""
    return bulletin["state"] == "PUBLISHED" and not bulletin["read"]


def bulletin_text(bulletin: Held) -> str:
    """A bulletin that has come: its number, title and text."""
    what = "更正通报 Corrected bulletin" if bulletin["corrects"] else "新通报 New bulletin"
    return (
        f"[bold magenta]{what} {bulletin['number']}[/bold magenta] "
        f"[b]{escape(bulletin['title'])}[/b]\n   {escape(bulletin['text'])}"
    )


def bulletin_line(known: Held | None, bulletin: Held) -> str | None:
    """That one which was shown must not be acted on any more, and why; None for nothing."""
    if known is None or known["state"] == bulletin["state"] or bulletin["state"] != "WITHDRAWN":
        return None
    what = "已更正 was corrected" if bulletin["replacedBy"] else "已撤回 was withdrawn"
    return (
        f"[bold yellow]通报 {bulletin['number']} {what}，勿再据此行动 do not act on it any more: "
        f"{escape(bulletin['reason'] or '')}[/bold yellow]"
    )


def incident_line(known: Held | None, incident: Held) -> str | None:
    """What has changed of an incident; None for nothing, or one that is new here."""
    if known is None:
        return None
    changed = [
        f"{word}: {_coded(incident[name]) if name in _CODED else _value(incident[name])}"
        for name, word in _FACTS.items()
        if known[name] != incident[name]
    ]
    if known["state"] != incident["state"]:
        changed.append(_INCIDENTS.get(incident["state"]) or incident["state"])
    if incident["outcome"] is not None and known["outcome"] != incident["outcome"]:
        changed.append(f"处置结果 outcome: {_value(incident['outcome'])}")
    if not changed:
        return None
    return f"[yellow]事件有变 incident {incident['number']}[/yellow] {' · '.join(changed)}"


def _coded(code: str) -> str:
    """The word of a code before it; one that is not known stays as it is."""
    return f"{_WORDS[code]} {code}" if code in _WORDS else code


def _value(value: str | Held | None) -> str:
    if isinstance(value, dict):
        return f"{value['lat']}, {value['lon']}"
    return escape(value) if value else "未知 unknown"


def _reassigned(order: Held) -> bool:
    mine = order.get("stage") == "CANCELLED" and order.get("state") == "OPEN"
    return mine and bool(order.get("reassignedBecause"))


def _told(order: Held) -> tuple[str, bool, bool]:
    """What an officer is told of again when it changes."""
    return order["stage"], bool(order.get("takenByOther")), bool(order.get("nobodyNext"))


def _passed_on(order: Held) -> str:
    if not offered(order):
        return "已由他人签收，无需处理 was accepted by somebody else; nothing to do"
    if order.get("nobodyNext"):
        return "超时未签收，已无他人可接；请按 a 签收 has nobody else to go to: a still accepts it"
    return "已升级给他人；仍可按 a 签收 was passed on to somebody else; a still accepts it"
