"""The taxis: how they move and queue, and how their terminals speak to a centre."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from math import cos, hypot, radians
from pathlib import Path

import pytest
from fake_centre import FakeCentre, Received
from sandbox_process import SandboxProcess
from shapely import Point
from shapely import Polygon as Shape

from hub.model.area import Area, parse_area
from hub.model.common import Position
from hub.model.vehicles import Polygon
from sandbox import scenario as scenarios
from sandbox.scenario import TaxiFigures
from sandbox.taxis.world import Phase, Taxi, World

START = datetime(2026, 11, 24, 9, tzinfo=UTC).timestamp()
TERMINALS = 40
LOADED, TURNED_LOADED, OUT_OF_SERVICE = 1 << 9, 1 << 5, 1 << 3


@pytest.fixture(scope="module")
def area() -> Area:
    """The area that the sandbox simulates."""
    file = Path(__file__).parents[2] / "hub" / "areas" / "shanghai-railway-station.toml"
    return parse_area(file.read_text(encoding="utf-8"))


def _figures(**changes: object) -> TaxiFigures:
    return scenarios.load(scenarios.DEFAULT).taxi.model_copy(update=changes)


def _world(area: Area, seed: int = 1, **changes: object) -> tuple[World, list[tuple[int, float]]]:
    metered: list[tuple[int, float]] = []

    def on_meter(taxi: Taxi, at: float) -> None:
        metered.append((taxi.number, at))

    world = World(
        area, _figures(**changes), seed=seed, start=START, hour=lambda _: 17, on_meter=on_meter
    )
    return world, metered


def _shape(polygon: Polygon) -> Shape:
    return Shape([(corner.lon, corner.lat) for corner in polygon.ring])


def _km_from(centre: Position, position: Position) -> float:
    north = (position.lat - centre.lat) * 111.32
    east = (position.lon - centre.lon) * 111.32 * cos(radians(centre.lat))
    return hypot(north, east)


def test_the_same_seed_drives_the_same_way(area: Area):
    """Two worlds with one seed agree, whether they are advanced once or in many steps."""
    once, often = _world(area)[0], _world(area)[0]
    once.advance(START + 3600)
    for step in range(1, 361):
        often.advance(START + step * 10)
    assert [taxi.phase for taxi in once.taxis] == [taxi.phase for taxi in often.taxis]
    assert [once.sighting(taxi, START + 3600) for taxi in once.taxis] == [
        often.sighting(taxi, START + 3600) for taxi in often.taxis
    ]
    assert _world(area, seed=2)[0].counts() != _world(area)[0].counts()


def test_a_taxi_leaves_each_rank_every_ten_seconds(area: Area):
    """In the peak each rank sends off a loaded taxi every 8 to 12 seconds, and has a queue."""
    world, metered = _world(area)
    world.advance(START + 3600)
    for stand in world.stands:
        assert 300 <= stand.departures <= 450
        assert stand.waiting
    assert len(metered) > 1000


def test_vacant_taxis_stand_where_the_hub_counts_them(area: Area):
    """Taxis holding and at the rank lie inside its polygons; other vacant ones never do."""
    world, _ = _world(area)
    lots = [_shape(rank.holding_area) for rank in area.ranks]
    ranks = [_shape(rank.rank_area) for rank in area.ranks]
    for minute in range(0, 60, 3):
        now = START + minute * 60
        world.advance(now)
        for taxi in world.taxis:
            seen = world.sighting(taxi, now).position
            point = Point(seen.lon, seen.lat)
            in_lot = any(shape.contains(point) for shape in lots)
            at_rank = any(shape.contains(point) for shape in ranks)
            if taxi.phase is Phase.HOLDING:
                assert in_lot
            elif taxi.phase is Phase.AT_RANK:
                assert at_rank
            elif taxi.phase in (Phase.CRUISING, Phase.RESTING):
                assert not in_lot
                assert not at_rank
            assert _km_from(area.centre, seen) < 8


def test_no_place_is_given_twice(area: Area):
    """With many more taxis than places, no two stand on the same spot and no lot overflows."""
    world, _ = _world(area, count=800, return_share=1.0, departure_seconds=60.0)
    world.advance(START + 3600)
    for phase in (Phase.HOLDING, Phase.AT_RANK):
        spots = [world.sighting(t, START + 3600).position for t in world.taxis if t.phase is phase]
        assert len(spots) == len(set(spots))
    assert all(len(stand.holding) <= 150 for stand in world.stands)


# -- on the wire -----------------------------------------------------------------------------


@asynccontextmanager
async def _running(
    centre: FakeCentre, folder: Path, *arguments: str
) -> AsyncIterator[SandboxProcess]:
    if not centre.port:
        await centre.open()
    own = await SandboxProcess.start(
        folder, "--taxi", f"127.0.0.1:{centre.port}", "--taxis", str(TERMINALS), *arguments
    )
    try:
        yield own
    finally:
        await own.stop()
        await centre.close()


def _position(body: bytes) -> tuple[int, Position, float, float, str]:
    """Status, place, km/h, bearing and BCD time of a 0x0200 body, read byte by byte."""
    lat, lon = (int.from_bytes(body[at : at + 4], "big") / 600_000 for at in (8, 12))
    speed = int.from_bytes(body[16:18], "big") / 10
    return (
        int.from_bytes(body[4:8], "big"),
        Position(lat, lon),
        speed,
        body[18] * 2,
        body[19:25].hex(),
    )


async def test_terminals_register_authenticate_and_report(area: Area, tmp_path: Path):
    """Every terminal sends 0100, then 0102 with the code it was given, then positions near here."""
    centre = FakeCentre()
    async with _running(centre, tmp_path, "--speed", "10", "--start", "2026-11-24T17:00:00+08:00"):
        await centre.until(lambda _: len({f.terminal for f in centre.of(0x0200)}) == TERMINALS)
        await centre.until(lambda _: bool(centre.of(0x0002)))
    assert all(frame.checksum_right for frame in centre.frames)
    for terminal in {frame.terminal for frame in centre.frames}:
        said = [frame for frame in centre.frames if frame.terminal == terminal]
        assert [frame.message for frame in said[:2]] == [0x0100, 0x0102]
        assert said[1].body == b"code-}~"
        assert [frame.serial for frame in said] == list(range(len(said)))
    states = set()
    for frame in centre.of(0x0200):
        status, place, speed, bearing, time = _position(frame.body)
        assert _km_from(area.centre, place) < 8
        assert 0 <= speed < 60
        assert 0 <= bearing < 360
        assert time.startswith("261124170")
        assert frame.body[25:27] == b"\x01\x04"
        states.add(bool(status & LOADED))
        assert status & 0b110 == 0
    assert states == {True, False}
    plates = {frame.body[25:].decode("gbk") for frame in centre.of(0x0100)}
    assert len(plates) == TERMINALS


async def test_an_unanswered_position_is_sent_again(tmp_path: Path):
    """A position without an answer is sent three times more; then the link is made anew."""

    def answers(frame: Received) -> bool:
        return frame.message in (0x0100, 0x0102)

    centre = FakeCentre(answers)
    async with _running(centre, tmp_path, "--speed", "60"):
        await centre.until(lambda frames: _most_repeated(frames) == 4)
        terminal = next(f.terminal for f in centre.frames if _times(centre.frames, f) == 4)
        await centre.until(lambda frames: _logins(frames, terminal) > 1)
    said = [frame for frame in centre.frames if frame.terminal == terminal]
    assert _most_repeated(said) == 4
    assert [f.message for f in said].count(0x0100) == 1


def _times(frames: list[Received], one: Received) -> int:
    return sum(f.raw == one.raw and f.terminal == one.terminal for f in frames)


def _most_repeated(frames: list[Received]) -> int:
    return max((_times(frames, f) for f in frames if f.message == 0x0200), default=0)


def _logins(frames: list[Received], terminal: str) -> int:
    return sum(f.message == 0x0102 and f.terminal == terminal for f in frames)


async def test_terminals_come_back_to_a_centre_that_was_away(tmp_path: Path):
    """Terminals reconnect by themselves, authenticate with the code they have, and catch up."""
    centre = FakeCentre()
    async with _running(centre, tmp_path, "--speed", "10"):
        await centre.until(lambda _: len({f.terminal for f in centre.of(0x0200)}) == TERMINALS)
        await centre.close()
        before = len(centre.frames)
        await centre.open()
        await centre.until(lambda frames: any(f.message == 0x0203 for f in frames[before:]))
    after = centre.frames[before:]
    assert not [frame for frame in after if frame.message == 0x0100]
    assert [frame for frame in after if frame.message == 0x0102]
    missed = next(frame for frame in after if frame.message == 0x0203)
    assert missed.body
    assert len(missed.body) % 25 == 0


async def test_a_refused_code_leads_to_a_new_registration(tmp_path: Path):
    """A terminal whose code is refused hangs up, forgets it and registers again."""
    centre = FakeCentre(accepts_codes=False)
    async with _running(centre, tmp_path, "--speed", "10"):
        await centre.until(lambda _: len(centre.of(0x0100)) > TERMINALS)
    assert not centre.of(0x0200)


async def test_a_terminal_answers_its_centre(tmp_path: Path):
    """A position query is answered by 0201; a text by 0001 with success, the rest by failure."""
    centre = FakeCentre()
    async with _running(centre, tmp_path, "--speed", "10"):
        await centre.until(lambda _: bool(centre.of(0x0200)))
        terminal = centre.of(0x0200)[0].terminal
        centre.send(terminal, 0x8201, b"")
        centre.send(terminal, 0x8300, b"\x01" + "请让行".encode("gbk"))
        centre.send(terminal, 0x8105, b"\x02")
        await centre.until(lambda _: len(centre.of(0x0001)) == 2 and bool(centre.of(0x0201)))
    assert centre.of(0x0201)[0].body[:2] == (7).to_bytes(2, "big")
    assert [frame.body[2:] for frame in centre.of(0x0001)] == [b"\x83\x00\x00", b"\x81\x05\x01"]


async def test_silenced_taxis_say_nothing(tmp_path: Path):
    """When the taxi feed is silenced the terminals stay connected and send nothing."""
    centre = FakeCentre()
    async with _running(centre, tmp_path, "--speed", "10") as own:
        await centre.until(lambda _: len({f.terminal for f in centre.of(0x0200)}) == TERMINALS)
        silenced = (await own.control(feed="taxi", silent=True)).json()["taxis"]
        async with own.client() as client:
            after = (await client.get("/status")).json()["taxis"]
        assert silenced["links"] == after["links"] == {"ONLINE": TERMINALS}
        assert silenced["frames_sent"] == after["frames_sent"]
        await own.control(feed="taxi", silent=False)
        count = len(centre.frames)
        await centre.until(lambda frames: len(frames) > count + 10)
