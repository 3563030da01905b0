"""The coaches of a day at 上海长途客运总站."""

from random import Random

from sandbox.scenario import CoachFigures
from sandbox.timetable.network import CoachLine, CoachNetwork
from sandbox.timetable.records import Route, Timetable, Trip, TripCall
from sandbox.timetable.spread import Platforms, over_day

COACH = 200  # extended route type: Coach Service
BOARDS_BEFORE = 20 * 60
LEAVES_AFTER = 8 * 60


def coach(network: CoachNetwork, figures: CoachFigures, seed: int) -> Timetable:
    """Every coach of a service day. The same seed and figures give the same coaches."""
    random = Random(f"{seed}:coach:timetable")
    home = network.station.id
    codes = {f"{home}-G{n:02d}": str(n) for n in range(1, network.gates + 1)}
    gates = Platforms(list(codes), random)
    stops = [*network.station.station(codes)]
    stops += [call.stop() for line in network.lines for call in line.calls]
    moments = over_day(figures.per_day, figures.first, figures.last, figures.hourly, random)
    shares = [line.share for line in network.lines]
    trips = []
    for count, at in enumerate(sorted(moments)):
        line = random.choices(network.lines, shares)[0]
        arriving = random.random() < figures.arriving_share
        make = _arriving if arriving else _departing
        trips.append(make(network, line, gates, at, f"{1001 + count}"))
    return Timetable(
        "coach",
        network.agency.agency(),
        {stop.id: stop for stop in stops},
        {line.id: Route(line.id, line.zh, line.name, COACH) for line in network.lines},
        tuple(trips),
    )


def _departing(
    network: CoachNetwork, line: CoachLine, gates: Platforms, at: int, number: str
) -> Trip:
    gate = gates.take(at - BOARDS_BEFORE, at)
    calls = [
        TripCall(call.id, at + call.minutes * 60, at + call.minutes * 60) for call in line.calls
    ]
    return Trip(
        id=f"C{number}", route_id=line.id, number=number,
        origin=network.station.name, destination=line.calls[-1].name,
        direction=0, calls=(TripCall(gate, at, at), *calls), focus=0,
    )  # fmt: skip


def _arriving(
    network: CoachNetwork, line: CoachLine, gates: Platforms, at: int, number: str
) -> Trip:
    gate = gates.take(at, at + LEAVES_AFTER)
    calls = [
        TripCall(call.id, at - call.minutes * 60, at - call.minutes * 60)
        for call in reversed(line.calls)
    ]
    return Trip(
        id=f"C{number}", route_id=line.id, number=number,
        origin=line.calls[-1].name, destination=network.station.name,
        direction=1, calls=(*calls, TripCall(gate, at, at)), focus=len(calls),
    )  # fmt: skip
