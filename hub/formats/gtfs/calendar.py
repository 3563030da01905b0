"""calendar.txt and calendar_dates.txt of a GTFS Schedule dataset."""

from collections import defaultdict

from hub.errors import Reason
from hub.formats.common.fields import Problems, service_day
from hub.formats.gtfs.tables import Tables
from hub.model.timetable_rows import Service

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ADDED, _REMOVED = "1", "2"


def read_services(tables: Tables, problems: Problems) -> dict[str, Service]:
    """Services by service_id. A row with a bad date is refused, its service keeps the rest."""
    weekly: dict[str, tuple[tuple[bool, ...], int, int]] = {}
    columns = ("service_id", *_WEEKDAYS, "start_date", "end_date")
    for service_id, *flags, start_text, end_text in tables.rows("calendar.txt", columns):
        start, end = service_day(start_text), service_day(end_text)
        if start is None or end is None or end < start:
            problems.note(Reason.BAD_VALUE, service_id, f"period {start_text} to {end_text}")
        elif service_id in weekly:
            problems.note(Reason.DUPLICATE, service_id, "calendar.txt lists the service twice")
        else:
            days = tuple(flag == "1" for flag in flags)
            weekly[service_id] = (days, start.toordinal(), end.toordinal())
    added, removed = _exceptions(tables, problems)
    services: dict[str, Service] = {}
    for service_id in {**weekly, **added, **removed}:
        days, first, last = weekly.get(service_id, ((False,) * 7, 0, 0))
        services[service_id] = Service(
            days,
            first,
            last,
            frozenset(added.get(service_id, ())),
            frozenset(removed.get(service_id, ())),
        )
    return services


def _exceptions(
    tables: Tables, problems: Problems
) -> tuple[dict[str, set[int]], dict[str, set[int]]]:
    added: defaultdict[str, set[int]] = defaultdict(set)
    removed: defaultdict[str, set[int]] = defaultdict(set)
    columns = ("service_id", "date", "exception_type")
    for service_id, text, kind in tables.rows("calendar_dates.txt", columns):
        day = service_day(text)
        if day is None:
            problems.note(Reason.BAD_VALUE, service_id, f"date {text!r} is none")
        elif kind == _ADDED:
            added[service_id].add(day.toordinal())
        elif kind == _REMOVED:
            removed[service_id].add(day.toordinal())
        else:
            problems.note(Reason.BAD_VALUE, service_id, f"exception_type {kind!r} is none")
    return added, removed
