"""The words of alarms (ISA-18.2): how much one calls for a person to act, and where it stands."""

from enum import StrEnum


class AlarmLevel(StrEnum):
    """How much somebody has to act (告警级别), the most pressing first."""

    ACT = "ACT"
    URGENT = "URGENT"
    CAUTION = "CAUTION"
    NOTICE = "NOTICE"


class AlarmState(StrEnum):
    """Where an alarm stands (告警状态).

    ACTIVE: its condition holds and nobody has acknowledged it. ACKNOWLEDGED: it holds, and somebody
    sees to it. SHELVED: it holds, and somebody has put it aside until a moment. CLEARED: the
    condition has ended by itself or by what was done.
    """

    ACTIVE = "ACTIVE"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    SHELVED = "SHELVED"
    CLEARED = "CLEARED"
