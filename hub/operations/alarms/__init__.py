"""Alarms (告警) as people see to them, and those of the hub itself.

How they are raised and cleared is `alarming`'s, what they say each capability's own.
Acknowledging (`acknowledging`) says who sees to one, and ends nothing.
"""

from hub.operations.alarming.documents import AlarmDoc
from hub.operations.alarms.clock_off import CLOCK_OFF
from hub.operations.asking.lateness import ESCALATION_LATE, TELLING_LATE
from hub.operations.capability import Capability

CAPABILITY = Capability(
    documents=(AlarmDoc,),
    acts=("alarm.acknowledged",),
    alarms=(ESCALATION_LATE, TELLING_LATE, CLOCK_OFF),
)
