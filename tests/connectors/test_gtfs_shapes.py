"""The ways of lines, from shapes.txt."""

from connectors.gtfs import GtfsConfig
from hub.errors import Reason
from hub.formats.gtfs import shapes as module
from hub.model.network import Line
from tests.connectors.gtfs_builder import TABLES, read_gtfs, reasons, zipped

HEAD = "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\n"
EXAMPLE = HEAD + "W,43.252,-126.453,30\nW,38.5,-120.2,10\nW,40.7,-120.95,20\n"
"""The example of the format's own description, out of order."""
POLYLINE = "_p~iF~ps|U_ulLnnqC_mqNvxq`@"


def shaped(shapes: str, way: str = "W") -> bytes:
    """The dataset of these tests, all of whose trips name a shape."""
    head, *rows = TABLES["trips.txt"].strip().split("\n")
    trips = "\n".join([f"{head},shape_id", *(f"{row},{way}" for row in rows)])
    return zipped({**TABLES, "trips.txt": trips + "\n", "shapes.txt": shapes})


def lines(batch):
    """Lines by native id."""
    return {record.native_id: record for record in batch.records if isinstance(record, Line)}


def test_a_line_has_the_way_its_trips_take():
    """By shape_pt_sequence, encoded as the format's description has it."""
    batch = read_gtfs(shaped(EXAMPLE))
    ways = [line.geometry for line in lines(batch).values() if line.geometry]
    assert ways
    for way in ways:
        for found in way:
            assert (found.length, found.points) == (3, POLYLINE)


def test_a_line_without_a_shape_has_none():
    """Nothing is drawn from stop to stop; a shape of one point is none."""
    for batch in (read_gtfs(zipped()), read_gtfs(shaped(HEAD + "W,1,1,1\n"))):
        assert all(line.geometry == () for line in lines(batch).values())
        assert reasons(batch.notes) == reasons(read_gtfs(zipped()).notes)


def test_a_point_that_is_none_is_left_out_and_noted():
    """The others are the way."""
    batch = read_gtfs(shaped(EXAMPLE + "W,north,1,40\n"))
    assert any(
        found.points == POLYLINE for line in lines(batch).values() for found in line.geometry
    )
    assert (Reason.BAD_VALUE, "W") in [(note.reason, note.native_id) for note in batch.notes]


def test_too_many_points_leave_the_timetable_alone(monkeypatch):
    """A note; the journeys are all there."""
    monkeypatch.setattr(module, "_MOST_POINTS", 2)
    batch = read_gtfs(shaped(EXAMPLE))
    assert len(batch.records) == len(read_gtfs(zipped()).records)
    assert all(line.geometry == () for line in lines(batch).values())
    assert (Reason.TOO_LARGE, "shapes.txt") in [(one.reason, one.native_id) for one in batch.notes]


def test_shapes_that_make_a_dataset_too_large_are_left_out():
    """What was read without them is read with them beside it."""
    most = sum(len(text) for text in TABLES.values()) + 200
    many = "".join(f"W,{31 + number / 1e4:.4f},121.4558,{number}\n" for number in range(500))
    batch = read_gtfs(shaped(HEAD + many), config=GtfsConfig(max_unpacked_bytes=most))
    assert all(line.geometry == () for line in lines(batch).values())
    assert (Reason.TOO_LARGE, "shapes.txt") in [(one.reason, one.native_id) for one in batch.notes]
