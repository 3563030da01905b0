"""NeTEx Quays that are written beside their StopPlace, as general frames have them."""

import pytest

from connectors.netex import load_reference
from hub.connector import Envelope
from hub.model.common import Name, Position
from hub.model.network import Quay, StopPlace
from tests.connectors.netex_builder import (
    CALENDAR,
    LINE,
    PATTERN,
    SHARED,
    STOPS,
    WEDNESDAY,
    context,
    delivery,
    journey,
    journeys,
    of,
    read,
    reasons,
    zipped,
)

WITHIN = (
    '<quays><Quay id="X:Quay:C1" version="1"><PublicCode>A</PublicCode></Quay></quays>\n'
    "</StopPlace>"
)
BARE = STOPS.replace(WITHIN, "</StopPlace>")
PARENT = '<ParentZoneRef ref="X:StopPlace:COACH"/>'


def quay(inner: str = PARENT, native: str = "X:Quay:C1", attributes: str = 'version="1"') -> str:
    """A Quay on its own."""
    return (
        f'<Quay id="{native}" {attributes}><Name lang="en">Bay A</Name>'
        "<Centroid><Location><Longitude>121.4521</Longitude><Latitude>31.2521</Latitude>"
        f"</Location></Centroid><PublicCode>A</PublicCode>{inner}</Quay>"
    )


@pytest.mark.parametrize("parent", ["ParentZoneRef", "SiteRef"])
@pytest.mark.parametrize("order", [1, -1])
def test_a_quay_beside_its_stop_place_is_its_quay(parent: str, order: int) -> None:
    """By ParentZoneRef or SiteRef, before the StopPlace or behind it; nothing is noted."""
    loose = quay(f'<{parent} ref="X:StopPlace:COACH"/>')
    batch = read(delivery(*(BARE, loose)[::order]))
    found = of(batch, Quay)["X:Quay:C1"]
    assert found.stop_place_id == "x:X:StopPlace:COACH"
    assert (found.name, found.public_code) == (Name(en="Bay A"), "A")
    assert found.position == Position(31.2521, 121.4521)
    assert reasons(batch.notes) == reasons(read(delivery(BARE)).notes)
    assert batch.entities == 4


def test_a_stop_place_may_list_its_quays_by_reference() -> None:
    """QuayRef in the StopPlace says it as well; one that no file has is noted."""
    listed = BARE.replace(
        "<StopPlaceType>coachStation</StopPlaceType>",
        '<quays><QuayRef ref="X:Quay:C1"/><QuayRef ref="X:Quay:GHOST"/></quays>',
    )
    batch = read(delivery(listed, quay("")))
    assert of(batch, Quay)["X:Quay:C1"].stop_place_id == "x:X:StopPlace:COACH"
    assert [note.detail for note in batch.notes if "GHOST" in note.detail] == [
        "lists X:Quay:GHOST, which no file has"
    ]


def test_a_quay_within_a_quay_belongs_to_the_same_stop_place() -> None:
    """ParentQuayRef leads to a Quay, which leads to the StopPlace."""
    inner = quay('<ParentQuayRef ref="X:Quay:C1"/>', "X:Quay:C1a")
    found = of(read(delivery(BARE, inner, quay())), Quay)
    assert found["X:Quay:C1a"].stop_place_id == "x:X:StopPlace:COACH"


def test_a_journey_calls_at_a_quay_beside_its_stop_place() -> None:
    """In one file or several: the board is the StopPlace's, the platform the Quay's."""
    parts = {
        "a": delivery(LINE, PATTERN, journey(), SHARED, CALENDAR),
        "b": delivery(quay()),
        "c": delivery(BARE),
    }
    for body in (
        zipped(**parts),
        delivery(quay(), BARE, SHARED, CALENDAR, LINE, PATTERN, journey()),
    ):
        first = next(iter(journeys(read(body)).values())).calls[0]
        assert first.stop_place_id == "x:X:StopPlace:COACH"
        assert (first.quay_id, first.planned_platform) == ("x:X:Quay:C1", "A")


def test_a_quay_without_its_stop_place_is_one_of_its_own() -> None:
    """Its StopPlace is in no file, or it names none: it is shown, and noted."""
    for inner in ('<ParentZoneRef ref="X:StopPlace:GHOST"/>', ""):
        batch = read(delivery(STOPS, quay(inner, "X:Quay:Z")))
        place = of(batch, StopPlace)["X:Quay:Z"]
        assert (place.name, place.position) == (Name(en="Bay A"), Position(31.2521, 121.4521))
        assert reasons([n for n in batch.notes if n.native_id == "X:Quay:Z"]) == {"UNKNOWN_STOP": 1}


def test_a_quay_of_a_stop_place_of_the_static_reference() -> None:
    """The file of StopPlaces is another feed's: the Quay is of that place."""
    reference = load_reference(Envelope(delivery(STOPS), WEDNESDAY), context())
    batch = read(delivery(quay(native="X:Quay:C2")), reference=reference)
    assert of(batch, Quay)["X:Quay:C2"].stop_place_id == "x:X:StopPlace:COACH"
    assert not batch.notes


def test_of_a_quay_said_twice_one_is_taken() -> None:
    """Within its StopPlace before beside it, with a note; of versions the highest that is valid."""
    twice = read(delivery(STOPS, quay()))
    assert of(twice, Quay)["X:Quay:C1"].name == Name(zh="长途客运站", en="Coach Station")
    assert reasons([n for n in twice.notes if n.native_id == "X:Quay:C1"]) == {"DUPLICATE": 1}
    over = "<ValidBetween><ToDate>2020-01-01T00:00:00</ToDate></ValidBetween>"
    old = quay(over + PARENT, attributes='version="9"').replace("Bay A", "Old")
    low = quay(attributes='version="1"').replace("Bay A", "Low")
    batch = read(delivery(BARE, old, quay(attributes='version="2"'), low))
    assert of(batch, Quay)["X:Quay:C1"].name == Name(en="Bay A")
    assert "X:Quay:C1" not in of(read(delivery(BARE, quay(attributes='status="inactive"'))), Quay)
