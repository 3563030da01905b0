"""The words of alarms (ISA-18.2): what calls for a person to act, and where it stands."""

from enum import StrEnum


class AlarmKind(StrEnum):
    """What somebody has to act on (告警类型)."""

    ORDER_UNANSWERED = "ORDER_UNANSWERED"
    INCIDENT_REPORTED = "INCIDENT_REPORTED"
    WAKE_UP_DEAD = "WAKE_UP_DEAD"
    ESCALATION_LATE = "ESCALATION_LATE"
    TELLING_LATE = "TELLING_LATE"
    CLOCK_OFF = "CLOCK_OFF"


PRESSING = (
    AlarmKind.ORDER_UNANSWERED,
    AlarmKind.INCIDENT_REPORTED,
    AlarmKind.ESCALATION_LATE,
    AlarmKind.WAKE_UP_DEAD,
    AlarmKind.TELLING_LATE,
    AlarmKind.CLOCK_OFF,
)
"""The kinds, the most pressing first: where not all can be shown, the last are left out."""


class AlarmState(StrEnum):
    """Where an alarm stands (告警状态).

    ACTIVE: its condition holds and nobody has acknowledged it. ACKNOWLEDGED: it holds, and somebody
    sees to it. CLEARED: the condition has ended by itself or by what was done.
    """

    ACTIVE = "ACTIVE"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    CLEARED = "CLEARED"
