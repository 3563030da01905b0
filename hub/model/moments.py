"""How a moment is written for people: what a machine reads stays UTC, in RFC 3339."""

from datetime import datetime
from zoneinfo import ZoneInfo


def said(moment: datetime, zone: ZoneInfo) -> str:
    """A moment in a zone, which it names: 2026-11-24 18:00:00 Asia/Shanghai."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S} {zone.key}"
