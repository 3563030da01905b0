"""Which stop places of two datasets are proposed as the same, and how sure that is."""

import pytest

from hub.model.common import Name, Position
from hub.model.identity import IdMapping, MappingState, MatchMethod
from hub.model.network import StopPlace, StopPlaceKind
from hub.rules.matching import distance_m, normalised, proposals

HERE = Position(31.2496, 121.4558)


def metres_north(metres: float) -> Position:
    return Position(HERE.lat + metres / 111_195, HERE.lon)


def place(
    dataset: str,
    native: str,
    zh: str | None = None,
    en: str | None = None,
    position: Position | None = HERE,
    kind: StopPlaceKind = StopPlaceKind.RAIL_STATION,
) -> StopPlace:
    return StopPlace(
        id=f"{dataset}:{native}",
        dataset=dataset,
        native_id=native,
        name=Name(zh, en),
        position=position,
        kind=kind,
    )


RAIL = place("railway", "SHH", "上海站", "Shanghai Railway Station")


def only(one: StopPlace, other: StopPlace = RAIL) -> IdMapping | None:
    found = proposals([one], [other])
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("上海站", "上海火车站"),
        ("上海站", "上海铁路车站"),
        ("人民广场", "人民广场站"),
        ("人民广场", "人民广场（地铁站）"),
        ("Shanghai Hongqiao", "SHANGHAI HONGQIAO RAILWAY STATION"),
        ("Zürich HB", "Zurich HB"),
        ("Oslo S", "OSLO S Stasjon"),
        ("ＡＢＣ 站", "abc"),
        ("People's Square", "Peoples Square"),
    ],
)
def test_names_written_differently_are_the_same(one, other):
    """Width, case, accents, marks, and the words that every station has."""
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("one", "other"), [("上海站", "上海南站"), ("Central", "Central Park"), ("站", "Station")]
)
def test_names_of_different_places_stay_different(one, other):
    """A direction or another word is part of the name; a name is never emptied."""
    assert normalised(one) != normalised(other)
    assert normalised(one)


@pytest.mark.parametrize(
    ("metres", "confidence"), [(0, 0.9), (250, 0.9), (800, 0.7), (1200, None), (None, 0.5)]
)
def test_one_name_is_surer_the_nearer_it_is(metres, confidence):
    """Beyond a kilometre it is another place; where nobody says, it is a guess to look at."""
    where = metres_north(metres) if metres is not None else None
    found = only(place("netex", "X1", "上海火车站", position=where))
    assert (found.confidence if found else None) == confidence
    if found:
        assert found.method is MatchMethod.NAME


def test_the_same_native_id_counts_only_with_a_name_or_a_place():
    """Small numbers are the same everywhere: alone they say nothing."""
    here = only(place("netex", "SHH", None, "SHH"))
    assert here is not None
    assert (here.method, here.confidence) == (MatchMethod.EXACT, 0.8)
    named = only(place("netex", "SHH", "上海", position=None))
    assert named is not None
    assert (named.method, named.confidence) == (MatchMethod.EXACT, 0.95)
    assert only(place("netex", "SHH", "别处", position=metres_north(900))) is None
    assert only(place("netex", "SHH", "别处", position=None)) is None


def test_a_place_on_the_same_spot_is_worth_a_look():
    """Another name within 60 m is proposed, weakly; 100 m away it is not."""
    found = only(place("netex", "X1", "不夜城", position=metres_north(50)))
    assert found is not None
    assert (found.method, found.confidence) == (MatchMethod.POSITION, 0.4)
    assert only(place("netex", "X1", "不夜城", position=metres_north(100))) is None


def test_a_name_in_either_language_is_enough():
    """A dataset that writes English alone is matched by the English name."""
    found = only(place("netex", "X1", None, "Shanghai Station", position=None))
    assert found is not None


def test_kinds_that_exclude_each_other_and_one_dataset_are_never_proposed():
    """A metro station is no railway station; two places of one dataset are two."""
    assert only(place("metro", "L1", "上海站", kind=StopPlaceKind.METRO_STATION)) is None
    assert only(place("netex", "X1", "上海站", kind=StopPlaceKind.OTHER)) is not None
    assert only(place("railway", "SHH2", "上海站")) is None


def test_at_most_three_candidates_the_likeliest_first():
    """Five stations of one name: the three nearest kinds of match, as proposals and no more."""
    others = [
        place("a", str(number), "上海站", position=metres_north(200 * number))
        for number in range(5)
    ]
    found = proposals([place("b", "x", "上海站")], others)
    assert [one.canonical_id for one in found] == ["a:0", "a:1", "a:2"]
    assert {one.state for one in found} == {MappingState.PROPOSED}
    assert found[0].id == "STOP_PLACE:b:x=a:0"


def test_distances_are_metres_on_the_sphere():
    """A degree of latitude is 111.2 km."""
    assert distance_m(HERE, HERE) == 0
    assert distance_m(HERE, Position(32.2496, 121.4558)) == pytest.approx(111_195, rel=1e-4)
