"""Alarms (告警): conditions a person has to act on, said where a person looks.

Each is raised in the transaction that makes its condition so, or by `hub/operations/keeper.py`
where nothing is written, and cleared by that once the condition has ended, whatever ended it.
Acknowledging (`acknowledging`) says who sees to it, and ends nothing.
"""

from hub.operations.alarms.documents import AlarmDoc
from hub.operations.capability import Capability

CAPABILITY = Capability(documents=(AlarmDoc,), acts=("alarm.acknowledged",))
