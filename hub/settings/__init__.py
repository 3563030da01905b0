"""Configuration: the only reader of the environment and of the configuration file.

`liandong.toml` holds `[hub]`, `[[feeds]]`, `[push.fcm]` and `[access]`; environment variables
(`LIANDONG_PORT`, `LIANDONG_DATA_DIR`, `LIANDONG_MONGODB_URI`, `LIANDONG_LOG`) override `[hub]`.
A bad file is refused at start with every fault in it: key, value and what was expected. Every key
is described here, and docs/configuration.md is generated from it.
"""

from hub.settings.feeds import FEED_ZONE, FeedAuth, FeedSettings
from hub.settings.outside import area_map_text, area_text, child_environment, samples_dir, secret
from hub.settings.reading import ENVIRONMENT, Unreadable, load
from hub.settings.sections import (
    AccessSettings,
    FcmSettings,
    HubSettings,
    OrderSettings,
    PushSettings,
    Settings,
    WebPushSettings,
)
from hub.settings.values import database_name

__all__ = [
    "ENVIRONMENT",
    "FEED_ZONE",
    "AccessSettings",
    "FcmSettings",
    "FeedAuth",
    "FeedSettings",
    "HubSettings",
    "OrderSettings",
    "PushSettings",
    "Settings",
    "Unreadable",
    "WebPushSettings",
    "area_map_text",
    "area_text",
    "child_environment",
    "database_name",
    "load",
    "samples_dir",
    "secret",
]
