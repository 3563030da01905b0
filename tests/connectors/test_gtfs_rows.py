"""Rows of GTFS tables read the fast way are the rows that CSV has."""

import csv
import io
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import PayloadError
from hub.formats.gtfs import tables as gtfs_zip
from hub.formats.gtfs.index import TripIndex
from hub.formats.gtfs.tables import Limits, Tables

COLUMNS = ("a", "b", "c")


def rows(text: str, columns: tuple[str, ...] = COLUMNS, **more) -> list[tuple[str, ...]]:
    """What a table of that text has."""
    packed = io.BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr("stops.txt", text)
    return list(
        Tables(packed, frozenset({"stops.txt"}), Limits()).rows("stops.txt", columns, **more)
    )


CELL = st.text(alphabet='xyz 1,"\u4e0a\u2028', max_size=4)


@given(
    st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=30), st.sampled_from(["\n", "\r\n"])
)
def test_what_csv_writes_is_read_back(table, end):
    """Quotes, commas inside them, blanks around values: whatever a CSV writer makes of cells."""
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerows([COLUMNS, *table])
    expected = [tuple(cell.strip() for cell in row) for row in table]
    assert list(filter(any, rows(out.getvalue()))) == list(filter(any, expected))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b,c\n1,2,3", [("1", "2", "3")]),
        ("a,b,c\r1,2,3\r4,5,6", [("1", "2", "3"), ("4", "5", "6")]),
        ("a,b,c\n\n,,\n1,2\n", [("1", "2", "")]),
        ("c,x,a\n3,0,1,9\n", [("1", "", "3")]),
        ('a,b,c\n"1\n1",2,3\n4,5,6\n', [("1\n1", "2", "3"), ("4", "5", "6")]),
        ('a,b,c\n"1,2,3\n4,5,6\n', [("1,2,3", "", ""), ("4", "5", "6")]),
        ("", []),
        ("a,b,c", []),
    ],
)
def test_odd_tables(text, expected):
    """No line feed at the end, old line ends, blank and short rows, quotes over several lines."""
    assert rows(text) == expected


@pytest.mark.parametrize("row", ["{},2,3\n", " {} ,2,3\n", '"{}",2,3\n', "{},2\n"])
def test_rows_nobody_wants_are_passed_over(row):
    """`only` judges the first column asked for, wherever it stands and however it is written."""
    text = "a,b,c\n" + "".join(row.format(n) for n in range(100))
    assert [found[0] for found in rows(text, only={"7", "70"}.__contains__)] == ["7", "70"]
    assert [found[1] for found in rows(text, ("b", "a"), only="2".__eq__)] == list(
        map(str, range(100))
    )


def test_blocks_cut_anywhere_give_the_same_rows(monkeypatch):
    """A character, a line end or a quoted field may lie across two blocks."""
    text = "a,b,c\r\n" + '上,"x, y",3\r\n' * 5 + "1,2,3\r\n" * 5
    whole = rows(text)
    assert len(whole) == 10
    for size in range(1, 40):
        monkeypatch.setattr(gtfs_zip, "_BLOCK", size)
        assert rows(text) == whole


def test_a_long_line_is_refused_wherever_it_is():
    """Between short ones too, and before any line end."""
    for text in ("a,b,c\n" + "1" * 70_000 + ",2,3\n1,2,3\n", "x" * 70_000):
        with pytest.raises(PayloadError, match="too long"):
            rows(text)


@given(st.lists(st.tuples(st.text(max_size=3), st.integers(-1, 9))))
def test_the_index_finds_every_trip_once(trips):
    """The first of several rows with one id counts; what is not there is not found."""
    index = TripIndex(trips)
    first = dict(reversed(trips))
    assert len(index.routes) == len(first)
    for native_id, route in first.items():
        assert index.routes[index.find(native_id)] == route
    assert index.find("a longer id than any") == -1
