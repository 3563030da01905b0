"""Moments as others tell them, and as people read them: for machines they are UTC, in RFC 3339."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

AHEAD = timedelta(minutes=5)
"""How far a sender's clock may run ahead of ours before its times are not believed."""


def said(moment: datetime, zone: ZoneInfo) -> str:
    """A moment in a zone, which it names: 2026-11-24 18:00:00 Asia/Shanghai."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S} {zone.key}"
