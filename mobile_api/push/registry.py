"""The push channels that the hub can serve: a line each."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from hub.model.channels import PushChannel
from hub.operations.waking.channels import Channel
from hub.settings import PushSettings
from mobile_api.push import fcm


class Opened(Channel, Protocol):
    """A channel in service."""

    async def close(self) -> None:
        """Let its connections go."""
        ...


class Served(NamedTuple):
    """How a channel is opened with its settings, and what `doctor` says of them.

    Both raise StartError where the settings are of no use; neither asks the service.
    """

    open: Callable[[Any], Opened]
    described: Callable[[Any], str]


REGISTRY: Mapping[PushChannel, Served] = {
    PushChannel.FCM: Served(fcm.FcmChannel, fcm.described),
}
"""By the name that `[push.NAME]` has too."""


def configured(settings: PushSettings) -> dict[PushChannel, Any]:
    """The settings of each channel that has any."""
    found = {name: getattr(settings, name) for name in REGISTRY}
    return {name: given for name, given in found.items() if given is not None}


def opened(settings: PushSettings) -> dict[str, Opened]:
    """The channels of these settings, in service. Raises StartError."""
    return {name.value: REGISTRY[name].open(given) for name, given in configured(settings).items()}
