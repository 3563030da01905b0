"""Which stop places of two datasets may be the same one: proposals for a person to decide on.

By native id, by name in either language, and by distance. Nothing here has any effect by itself.
"""

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hub.model.common import Name, Position
from hub.model.identity import IdMapping, MatchMethod
from hub.model.network import StopPlace, StopPlaceKind

SAME_SPOT_M = 60.0
NEAR_M = 300.0
WITHIN_REACH_M = 1000.0
"""Beyond this two stop places of one name are two places."""
MOST_PER_PLACE = 3
EARTH_RADIUS_M = 6_371_008.8
_CELL = 0.01
"""Degrees of the grid: at any latitude with a station, far more than SAME_SPOT_M."""
_CHINESE_SUFFIX = re.compile(
    r"(长途汽车客运总站|长途汽车总站|长途汽车站|长途客运站|客运总站|客运站|汽车站|火车站|铁路车站|"
    r"地铁站|轨交站|车站|站)$"
)
_LATIN_WORDS = frozenset(
    {"station", "railway", "rail", "train", "metro", "subway", "underground", "bus", "coach"}
    | {"stop", "terminal", "terminus", "interchange", "stasjon", "bahnhof", "gare"}
)


@dataclass(frozen=True, slots=True)
class _Likeness:
    """How alike two places are: what the likeness rests on, and 0 to 1."""

    method: MatchMethod
    confidence: float


def proposals(places: Iterable[StopPlace], canonical: Iterable[StopPlace]) -> list[IdMapping]:
    """At most three candidates of `canonical` for each of `places`, the likeliest first.

    Two places of one dataset, or of kinds that exclude each other, are never proposed.
    """
    index = _Index(canonical)
    found: list[IdMapping] = []
    for place in places:
        alike = [
            (likeness, candidate)
            for candidate in index.near(place)
            if (likeness := _likeness(place, candidate)) is not None
        ]
        alike.sort(key=lambda pair: (-pair[0].confidence, pair[1].id))
        found += [
            IdMapping(
                dataset=place.dataset,
                native_id=place.native_id,
                canonical_id=candidate.id,
                method=likeness.method,
                confidence=likeness.confidence,
            )
            for likeness, candidate in alike[:MOST_PER_PLACE]
        ]
    return found


def normalised(name: str) -> str:
    """A name without what datasets write differently: width, case, accents, marks, "站", "Station".

    A name that is nothing but such words stays as it is.
    """
    text = unicodedata.normalize("NFKD", name).casefold()
    text = "".join(char for char in text if not unicodedata.combining(char))
    words = re.findall(r"\w+", text)
    kept = [word for word in words if word not in _LATIN_WORDS] or words
    whole = "".join(kept)
    return _CHINESE_SUFFIX.sub("", whole) or whole


def distance_m(one: Position, other: Position) -> float:
    """Metres between two places, on a sphere."""
    lat1, lat2 = math.radians(one.lat), math.radians(other.lat)
    dlat, dlon = lat2 - lat1, math.radians(other.lon - one.lon)
    half = math.sin(dlat / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(dlon / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(half)))


def _likeness(place: StopPlace, candidate: StopPlace) -> _Likeness | None:
    """None when they are too unlike to bother anybody with."""
    if place.dataset == candidate.dataset or not _compatible(place.kind, candidate.kind):
        return None
    apart = None
    if place.position is not None and candidate.position is not None:
        apart = distance_m(place.position, candidate.position)
        if apart > WITHIN_REACH_M:
            return None
    same_name = bool(_names(place.name) & _names(candidate.name))
    if place.native_id == candidate.native_id and (same_name or _at_most(apart, NEAR_M)):
        return _Likeness(MatchMethod.EXACT, 0.95 if same_name else 0.8)
    if same_name:
        return _Likeness(MatchMethod.NAME, _by_name(apart))
    if _at_most(apart, SAME_SPOT_M):
        return _Likeness(MatchMethod.POSITION, 0.4)
    return None


def _by_name(apart: float | None) -> float:
    if apart is None:
        return 0.5
    return 0.9 if apart <= NEAR_M else 0.7


def _at_most(apart: float | None, metres: float) -> bool:
    return apart is not None and apart <= metres


def _compatible(one: StopPlaceKind, other: StopPlaceKind) -> bool:
    return one is other or StopPlaceKind.OTHER in {one, other}


def _names(name: Name) -> set[str]:
    return {normalised(text) for text in (name.zh, name.en) if text}


class _Index:
    """Stop places by what they could be found by: native id, name, cell of a grid."""

    def __init__(self, places: Iterable[StopPlace]) -> None:
        self._places: dict[str, StopPlace] = {}
        self._by_key: dict[tuple[str, str | tuple[int, int]], list[str]] = defaultdict(list)
        for place in places:
            self._places[place.id] = place
            self._by_key["id", place.native_id].append(place.id)
            for name in _names(place.name):
                self._by_key["name", name].append(place.id)
            if place.position is not None:
                self._by_key["cell", _cell(place.position)].append(place.id)

    def near(self, place: StopPlace) -> list[StopPlace]:
        """Every place that could be alike, each once, by id."""
        keys: list[tuple[str, str | tuple[int, int]]] = [("id", place.native_id)]
        keys += [("name", name) for name in _names(place.name)]
        if place.position is not None:
            keys += [("cell", cell) for cell in _around(place.position)]
        found = {id_ for key in keys for id_ in self._by_key.get(key, ())}
        return [self._places[id_] for id_ in sorted(found)]


def _cell(position: Position) -> tuple[int, int]:
    return math.floor(position.lat / _CELL), math.floor(position.lon / _CELL)


def _around(position: Position) -> Sequence[tuple[int, int]]:
    """The cells within SAME_SPOT_M; further away only the name counts."""
    row, column = _cell(position)
    return [(row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
