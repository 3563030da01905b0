"""Where a line calls, of every timetable standard."""

from datetime import UTC, datetime

import pytest

from hub.model.journeys import DatedJourney
from hub.model.network import Line, StopPlace
from tests.connectors.given import read, sample

TRANSXCHANGE = "coach-transxchange/flixbus-UK021-london-liverpool.xml"


@pytest.mark.parametrize(
    ("kind", "name", "at"),
    [
        ("gtfs", "gtfs/flytoget-2018.zip", datetime(2018, 8, 28, 7, tzinfo=UTC)),
        ("transxchange", TRANSXCHANGE, datetime(2024, 6, 5, 7, tzinfo=UTC)),
    ],
)
def test_a_line_names_the_stop_places_where_its_journeys_call(kind, name, at):
    """None is left out, and all are in the timetable."""
    records = read(kind, sample(name), at=at).records
    lines = {record.id: set(record.stop_places) for record in records if isinstance(record, Line)}
    assert lines
    assert all(lines.values())
    places = {record.id for record in records if isinstance(record, StopPlace)}
    assert set().union(*lines.values()) <= places
    for journey in records:
        if isinstance(journey, DatedJourney):
            assert {call.stop_place_id for call in journey.calls} <= lines[journey.line.id]
