"""Push channels are declared in one place each: their names, and those that the hub serves."""

from hub.model.channels import PushChannel
from hub.settings import FcmSettings, PushSettings
from mobile_api.push.registry import REGISTRY, configured


def test_each_channel_that_is_served_has_its_settings_under_its_name() -> None:
    """And no settings are of a channel that nobody serves."""
    assert {*PushSettings.model_fields} == {*REGISTRY}


def test_every_channel_says_how_something_was_learnt() -> None:
    """In English, with the Chinese term."""
    assert all(not one.said.isascii() and one.said.startswith("By ") for one in PushChannel)


def test_only_what_has_settings_is_in_service(tmp_path) -> None:
    """Without a section nothing is; with one, its channel."""
    assert configured(PushSettings()) == {}
    given = FcmSettings(credentials=tmp_path)
    assert configured(PushSettings(fcm=given)) == {PushChannel.FCM: given}
