"""Alarms (告警) as people see to them, and those of the hub itself.

How they are raised and cleared is `alarming`'s, what they say each capability's own.
Acknowledging (`acknowledging`) says who sees to one, shelving (`shelving`) puts it aside for a
while; neither ends anything.
"""

from hub.operations.alarming.documents import AlarmDoc
from hub.operations.alarms.clock_off import CLOCK_OFF
from hub.operations.asking.lateness import ESCALATION_LATE, TELLING_LATE
from hub.operations.capability import Capability

CAPABILITY = Capability(
    documents=(AlarmDoc,),
    acts=("alarm.acknowledged", "alarm.shelved", "alarm.unshelved"),
    alarms=(ESCALATION_LATE, TELLING_LATE, CLOCK_OFF),
    codes={
        "BAD_UNTIL": ("时刻无效", "An alarm is shelved for eight hours at most."),
        "ALARM_CLEARED": ("告警已恢复", "There is nothing to put aside: the alarm has ended."),
        "ALARM_PRESSES": (
            "告警不能搁置",
            "An alarm of level ACT is seen to, never shelved: act, or acknowledge it.",
        ),
    },
)
