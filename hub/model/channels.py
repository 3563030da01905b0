"""The push services (推送服务) that a phone may be registered with, by the word that names each."""

from enum import StrEnum


class PushChannel(StrEnum):
    """A push service; the hub serves those of `mobile_api/push/registry.py`."""

    FCM = "fcm"
    WEBPUSH = "webpush"
    JPUSH = "jpush"

    @property
    def said(self) -> str:
        """How it was learnt, where this service carried it: English, with the Chinese term."""
        return _SAID[self]


_SAID = {
    PushChannel.FCM: "By Firebase (FCM推送).",
    PushChannel.WEBPUSH: "By Web Push (网页推送).",
    PushChannel.JPUSH: "By JPush (极光推送).",
}
