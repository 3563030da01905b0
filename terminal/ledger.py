"""How far an order has come with each of its recipients, in words that are true of the whole."""

from typing import Any

Node = dict[str, Any]

_TAKEN = {"ACCEPTED", "EN_ROUTE", "ARRIVED", "DONE"}


def stage_of(order: Node, recipient: Node) -> str:
    """How far it has come with one recipient, and what became of it where they did not answer.

    It went to another; nobody is left to be asked; somebody who was asked before took it after all;
    it ended without them.
    """
    stage = str(recipient["stage"])
    if stage == "CANCELLED" and recipient["reassignedBecause"]:
        return "REASSIGNED"
    if stage != "ESCALATED" or not recipient["nobodyNext"]:
        return stage
    if order["state"] == "COMPLETED" or _taken_before(order, recipient):
        return "TAKEN"
    return "NOBODY_LEFT" if order["state"] == "OPEN" else "UNANSWERED"


def reached(recipient: Node) -> Node:
    """The step by which it has come so far: a push may be noted behind it."""
    entries: list[Node] = recipient["entries"]
    of_stage = [entry for entry in entries if entry["stage"] == recipient["stage"]]
    return (of_stage or entries)[-1]


def _taken_before(order: Node, recipient: Node) -> bool:
    """Whether somebody took it who was asked before this one."""
    ledgers = {((one["officer"] or {}).get("id"), one["round"]): one for one in order["recipients"]}
    one: Node | None = recipient
    while one is not None and one["escalatedFrom"]:
        one = ledgers.get((one["escalatedFrom"]["id"], one["escalatedFromRound"]))
        if one is not None and one["stage"] in _TAKEN:
            return True
    return False
