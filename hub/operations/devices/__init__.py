"""Phones (设备): whether they can be woken, tried before it matters."""

from hub.operations.actions import Action
from hub.operations.asking.unwoken import WAKE_UP_DEAD
from hub.operations.capability import Capability
from hub.operations.devices.actions import WakeConfirmed, confirm_wake

CAPABILITY = Capability(
    field_actions={
        "wake.confirmed": Action(
            WakeConfirmed, confirm_wake, "a push has woken the phone (唤醒确认)"
        )
    },
    alarms=(WAKE_UP_DEAD,),
)
