"""The push channels that the hub can serve: a line each."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from hub.model.channels import PushChannel
from hub.operations.waking.channels import Channel
from hub.settings import PushSettings, Settings
from mobile_api.push import fcm, webpush


class Opened(Channel, Protocol):
    """A channel in service."""

    async def close(self) -> None:
        """Let its connections go."""
        ...


class Served(NamedTuple):
    """How a channel is opened with its settings and all others, and what `doctor` says of its own.

    Both raise StartError where the settings are of no use; neither asks the service.
    """

    open: Callable[[Any, Settings], Opened]
    described: Callable[[Any], str]


REGISTRY: Mapping[PushChannel, Served] = {
    PushChannel.FCM: Served(lambda given, _: fcm.FcmChannel(given), fcm.described),
    PushChannel.WEBPUSH: Served(webpush.opened, webpush.described),
}
"""By the name that `[push.NAME]` has too."""


def configured(settings: PushSettings) -> dict[PushChannel, Any]:
    """The settings of each channel that has any."""
    found = {name: getattr(settings, name) for name in REGISTRY}
    return {name: given for name, given in found.items() if given is not None}


def opened(settings: Settings) -> dict[str, Opened]:
    """The channels of these settings, in service. Raises StartError."""
    return {
        name.value: REGISTRY[name].open(given, settings)
        for name, given in configured(settings.push).items()
    }


def vapid_key(channels: Mapping[str, Opened]) -> str | None:
    """What a browser must know of the hub to register for push; None where that is not served."""
    found = channels.get(PushChannel.WEBPUSH)
    return found.public_key if isinstance(found, webpush.WebPushChannel) else None
