"""`python -m bench.large_gtfs FILE [MEGABYTES]`: a GTFS zip as large as a country's, made by code.

Valid and random-looking: routes with patterns of stops, trips that follow one at a random second of
the day, shapes nobody reads. One trip in some four hundred calls at the stop place `STATION`. The
same seed makes the same file.
"""

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from bench.feed_data import SEED

STATION = "SHH"
PLATFORMS = 12
STOPS, ROUTES, SERVICES = 100_000, 4_000, 60
PATTERN_STOPS = 34
HERE_EVERY = 400
MEGABYTE = 1_000_000
SHAPES_SHARE = 0.2
_HEADER = (
    "trip_id,arrival_time,departure_time,stop_id,stop_sequence,stop_headsign,pickup_type,"
    "drop_off_type,shape_dist_traveled,timepoint\n"
)
_CLOCK = [f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in range(30 * 3600)]


def write(file: Path, megabytes: int) -> tuple[int, int]:
    """Make the file; how many trips and rows of stop_times.txt it has."""
    source = random.Random(SEED)  # the same file every time
    target = megabytes * MEGABYTE
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, rows in _small(source):
            archive.writestr(name, "".join(rows))
        with archive.open("shapes.txt", "w", force_zip64=True) as table:
            table.write(b"shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\n")
            _until(table, archive, target * SHAPES_SHARE, _shapes(source))
        heads: list[str] = []
        rows = 0
        with archive.open("stop_times.txt", "w", force_zip64=True) as table:
            table.write(_HEADER.encode())
            rows = _until(table, archive, target * 0.97, _trips(source, heads))
        with archive.open("trips.txt", "w", force_zip64=True) as table:
            table.write(b"route_id,service_id,trip_id,trip_headsign,direction_id,shape_id\n")
            for at in range(0, len(heads), 10_000):
                table.write("".join(heads[at : at + 10_000]).encode())
    return len(heads), rows


def _until(table: IO[bytes], archive: ZipFile, size: float, blocks: Iterator[list[str]]) -> int:
    """Write blocks of rows until the zip has that size; the rows written."""
    rows = 0
    for number, block in enumerate(blocks):
        table.write("".join(block).encode())
        rows += len(block)
        if number % 1000 == 0 and archive.fp is not None and archive.fp.tell() > size:
            break
    return rows


def _small(source: random.Random) -> Iterator[tuple[str, list[str]]]:
    yield (
        "agency.txt",
        [
            "agency_id,agency_name,agency_url,agency_timezone\n",
            *(f"A{n},Agency {n},https://example.invalid/{n},Asia/Shanghai\n" for n in range(40)),
        ],
    )
    stops = ["stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station,platform_code\n"]
    stops.append(f"{STATION},上海火车站,31.2495,121.4556,1,,\n")
    stops += [
        f"{STATION}-{n},上海火车站,31.2495,121.4556,0,{STATION},{n}\n" for n in range(PLATFORMS)
    ]
    stops += [
        f"{_stop(n)},Stop {source.randrange(16**6):06x},{source.uniform(20, 45):.6f},"
        f"{source.uniform(80, 125):.6f},0,,\n"
        for n in range(STOPS)
    ]
    yield "stops.txt", stops
    yield (
        "routes.txt",
        [
            "route_id,agency_id,route_short_name,route_long_name,route_type\n",
            *(
                f"R{n},A{n % 40},{n},Line {n},{source.choice((2, 3, 3, 3))}\n"
                for n in range(ROUTES)
            ),
        ],
    )
    yield (
        "calendar.txt",
        [
            "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n",
            *(f"C{n},1,1,1,1,1,{n % 2},{n % 2},20200101,20991231\n" for n in range(SERVICES)),
        ],
    )


def _stop(number: int) -> str:
    return f"s{number * 2_654_435_761 % 2**32:08x}"


def _shapes(source: random.Random) -> Iterator[list[str]]:
    number = 0
    while True:
        number += 1
        lat, lon = source.uniform(20, 45), source.uniform(80, 125)
        yield [
            f"h{number},{lat + source.uniform(0, 0.1):.6f},{lon + source.uniform(0, 0.1):.6f},{n}\n"
            for n in range(200)
        ]


def _pattern(source: random.Random, here: bool) -> list[tuple[int, int, str]]:
    """Seconds to an arrival, from there to the departure, and the rest of the row."""
    length = source.randrange(PATTERN_STOPS // 2, PATTERN_STOPS * 3 // 2)
    stops = [_stop(source.randrange(STOPS)) for _ in range(length)]
    if here:
        stops[source.randrange(length)] = f"{STATION}-{source.randrange(PLATFORMS)}"
    gone, along, rows = 0, 0.0, []
    for sequence, stop in enumerate(stops, start=1):
        wait = source.choice((0, 0, 20, 30))
        rows.append((gone, wait, f",{stop},{sequence},,0,0,{along:.2f},1\n"))
        gone += wait + source.randrange(60, 240)
        along += source.uniform(300, 2500)
    return rows


def _trips(source: random.Random, heads: list[str]) -> Iterator[list[str]]:
    """The stop_times of one trip after another; their rows of trips.txt go to `heads`."""
    patterns: list[list[tuple[int, int, str]]] = []
    while True:
        if len(heads) % 50 == 0:  # another pattern, some fifty trips of each
            here = len(heads) // 50 % HERE_EVERY == 0
            patterns = [_pattern(source, here)]
        trip = f"t{source.randrange(16**9):09x}"
        start = source.randrange(4 * 3600, 22 * 3600)
        service, route = source.randrange(SERVICES), len(heads) // 200 % ROUTES
        heads.append(f"R{route},C{service},{trip},To {len(heads) % 977},0,h{len(heads) % 9999}\n")
        yield [
            f"{trip},{_CLOCK[start + gone]},{_CLOCK[start + gone + wait]}{rest}"
            for gone, wait, rest in patterns[0]
        ]


if __name__ == "__main__":
    made = write(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 500)
    print(f"{made[0]} trips, {made[1]} rows of stop_times.txt")
