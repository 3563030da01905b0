"""The words of incidents and orders (CAD): states, stages, kinds, and which may follow which."""

from enum import StrEnum


class UnitKind(StrEnum):
    """Kind of member unit (成员单位)."""

    ADMINISTRATION = "ADMINISTRATION"
    POLICE = "POLICE"
    ENFORCEMENT = "ENFORCEMENT"
    ARMED_POLICE = "ARMED_POLICE"
    TRAFFIC_POLICE = "TRAFFIC_POLICE"
    REGULATOR = "REGULATOR"
    MANAGEMENT = "MANAGEMENT"
    OPERATOR = "OPERATOR"
    SERVICE = "SERVICE"


class IncidentState(StrEnum):
    """State of an incident (事件)."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


class IncidentKind(StrEnum):
    """What happened; an officer's report uses the same words."""

    CROWD = "CROWD"
    TRAFFIC = "TRAFFIC"
    PUBLIC_ORDER = "PUBLIC_ORDER"
    MEDICAL = "MEDICAL"
    FIRE = "FIRE"
    ILLEGAL_TRANSPORT = "ILLEGAL_TRANSPORT"
    STRANDED_PASSENGERS = "STRANDED_PASSENGERS"
    FACILITY = "FACILITY"
    OTHER = "OTHER"


class OrderState(StrEnum):
    """State of an order as a whole (指令)."""

    OPEN = "OPEN"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


class OrderPriority(StrEnum):
    """How loudly the phone may ask for attention."""

    ROUTINE = "ROUTINE"
    URGENT = "URGENT"


class Stage(StrEnum):
    """How far an order has come with one recipient (指令阶段), in this order.

    ESCALATED, DECLINED and CANCELLED end it; the others advance and never go back.
    """

    QUEUED = "QUEUED"
    SENT = "SENT"
    RECEIVED = "RECEIVED"
    SEEN = "SEEN"
    ACCEPTED = "ACCEPTED"
    EN_ROUTE = "EN_ROUTE"
    ARRIVED = "ARRIVED"
    DONE = "DONE"
    DECLINED = "DECLINED"
    ESCALATED = "ESCALATED"
    CANCELLED = "CANCELLED"


PROGRESS: tuple[Stage, ...] = (
    Stage.QUEUED,
    Stage.SENT,
    Stage.RECEIVED,
    Stage.SEEN,
    Stage.ACCEPTED,
    Stage.EN_ROUTE,
    Stage.ARRIVED,
    Stage.DONE,
)
TAKEN: frozenset[Stage] = frozenset(PROGRESS[PROGRESS.index(Stage.ACCEPTED) :])
"""The stages of somebody who has taken the order on."""
ENDED: frozenset[Stage] = frozenset({Stage.DONE, Stage.DECLINED, Stage.ESCALATED, Stage.CANCELLED})


def advances(current: Stage, to: Stage) -> bool:
    """Whether a recipient at `current` may move on to `to`; going back or standing still may not.

    A late acceptance after escalation is welcome, and so is all that implies one: the officer is
    on the way, and the record should say so.
    """
    if current is Stage.ESCALATED:
        return to in TAKEN or to is Stage.DECLINED
    if current in ENDED:
        return False
    if to in {Stage.DECLINED, Stage.ESCALATED}:
        return PROGRESS.index(current) < PROGRESS.index(Stage.ACCEPTED)
    if to is Stage.CANCELLED:
        return True
    return PROGRESS.index(to) > PROGRESS.index(current)
