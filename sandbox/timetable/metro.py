"""The metro trains of a day through the station area: lines 1, 3 and 4."""

from sandbox.scenario import MetroFigures, MetroLineFigures
from sandbox.timetable.network import MetroLine, MetroNetwork
from sandbox.timetable.records import Route, Stop, Timetable, Trip, TripCall

METRO = 401  # extended route type: Metro Service
HOUR = 3600


def metro(network: MetroNetwork, figures: MetroFigures) -> Timetable:
    """Every metro train of a service day; it depends on the figures only."""
    stops: list[Stop] = []
    for place in network.stations:
        platforms = {f"{place.id}-1": "1", f"{place.id}-2": "2"}
        stops += place.station(platforms) if place.platforms else [place.stop()]
    routes = [
        Route(line.id, f"{line.code}号线", line.name, METRO, line.colour) for line in network.lines
    ]
    with_platforms = {place.id for place in network.stations if place.platforms}
    trips = [
        trip
        for line in network.lines
        if line.id in figures.lines
        for direction in (0, 1)
        for trip in _trips(line, figures, direction, with_platforms)
    ]
    return Timetable(
        "metro",
        network.agency.agency(),
        {stop.id: stop for stop in stops},
        {route.id: route for route in routes},
        tuple(trips),
    )


def _trips(
    line: MetroLine, figures: MetroFigures, direction: int, with_platforms: set[str]
) -> list[Trip]:
    stations, seconds = list(line.stations), list(line.seconds)
    if direction:
        stations, seconds = stations[::-1], [seconds[-1] - at for at in seconds[::-1]]
    focus = stations.index(line.focus)
    ends = (line.down.name, line.up.name)
    made = []
    for count, at in enumerate(_departures(figures.lines[line.id], late=direction * 60)):
        calls = []
        for index, station in enumerate(stations):
            stop_id = f"{station}-{direction + 1}" if station in with_platforms else station
            arrival = at + seconds[index] - seconds[focus] - figures.dwell_seconds
            ended = index in (0, len(stations) - 1)
            departure = arrival + (0 if ended else figures.dwell_seconds)
            calls.append(TripCall(stop_id, arrival, departure))
        trip_id = f"{line.id}-{'UD'[direction]}-{count + 1:03d}"
        made.append(
            Trip(
                id=trip_id, route_id=line.id, number=None,
                origin=ends[direction], destination=ends[1 - direction],
                direction=direction, calls=tuple(calls), focus=focus,
            )
        )  # fmt: skip
    return made


def _departures(figures: MetroLineFigures, late: int) -> list[int]:
    """Departures here from the first to the last train, `late` seconds after the other way."""
    moments = []
    at = figures.first + late
    while at < figures.last:
        moments.append(at)
        at += round(figures.headway[at // HOUR % 24] * 60)
    return [*moments, figures.last]
