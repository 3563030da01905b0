"""What partners read of journeys, lines and platforms, over samples that have it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from real_feeds import ingest
from schema_builders import Run

from hub.clock import manual
from hub.store.driver import Store
from schema.context import Services

AT = datetime(2018, 8, 28, 7, 10, tzinfo=UTC)
LONG_AGO = datetime(2004, 12, 17, 14, 31, tzinfo=UTC)
"""When the standard's own example of stop monitoring was sent."""
JOURNEY = """query ($id: ID!) { journey(id: $id) { headsign headsignEn: headsign(language: EN)
    destination via operator
    wheelchairAccess line { publicCode submode colour textColour operator }
    calls { order destinationDisplay {
      frontText(language: ZH) frontTextEn: frontText(language: EN) via } } } }"""


@pytest.fixture(scope="module")
async def _feeds(store: Store, services: Services) -> None:
    with manual(AT):
        for name in ("caltrain-2018", "bart-2018", "flytoget-2018"):
            await ingest(store, "gtfs", f"gtfs/{name}.zip", AT, feed=name, dataset=name)
        for name in ("nordic-line12", "nordic-stops"):
            await ingest(store, "netex", f"netex/{name}.xml", AT, feed=name, dataset="nordic")
        et = "siri/banenor-et-20180828.xml"
        await ingest(store, "siri_et", et, AT, feed="banenor", dataset="banenor")
    with manual(LONG_AGO):
        sm = "siri/exs_stopMonitoring_response.xml"
        await ingest(store, "siri_sm", sm, LONG_AGO, feed="sm", dataset="sm")
    await services.feeds.load()


@pytest.fixture(autouse=True)
async def _now(_feeds: None) -> AsyncIterator[None]:
    with manual(AT):
        yield


async def journey(run: Run, id_: str) -> dict[str, Any]:
    """A journey as a partner reads it."""
    answer = await run(JOURNEY, id=id_)
    assert "errors" not in answer
    found: dict[str, Any] = answer["data"]["journey"]
    return found


async def test_a_timetable_tells_the_headsign_of_each_stop(run: Run) -> None:
    """Caltrain shows a shorter one at its stops; it has room for a wheelchair."""
    found = await journey(run, "caltrain-2018:101:2018-08-28")
    assert found["headsign"] == found["headsignEn"] == "San Francisco Caltrain Station"
    assert (found["operator"], found["via"]) == ("Caltrain", [])
    assert found["wheelchairAccess"] == "ACCESSIBLE"
    assert found["calls"][0]["destinationDisplay"] == {
        "frontText": "San Francisco",
        "frontTextEn": "San Francisco",
        "via": [],
    }


async def test_a_journey_s_headsign_holds_where_no_stop_has_its_own(run: Run, store: Store) -> None:
    """BART repeats the trip's at every stop; boards show it."""
    row = await store.db["calls"].find_one(
        {"dataset": "bart-2018", "journey.headsign.en": "Daly City"}
    )
    assert row is not None
    text = """query ($place: ID!, $from: DateTime!) { departures(stopPlace: $place, from: $from,
        first: 1) { nodes { destinationDisplay { frontText }
            journey { headsign wheelchairAccess } } } }"""
    asked = {"place": row["stop_place"]["id"], "from": row["board"]["departure"].isoformat()}
    (call,) = (await run(text, **asked))["data"]["departures"]["nodes"]
    assert call["destinationDisplay"]["frontText"] == call["journey"]["headsign"]
    assert call["journey"]["wheelchairAccess"] == "ACCESSIBLE"


async def test_a_line_tells_its_submode_and_colours(run: Run) -> None:
    """By an extended route type, or in NeTEx's own word."""
    text = "query ($id: ID!) { line(id: $id) { mode submode colour textColour operator } }"
    assert (await run(text, id="flytoget-2018:FLT:Line:F1"))["data"]["line"] == {
        "mode": "RAIL",
        "submode": "highSpeedRail",
        "colour": "757575",
        "textColour": "FFFFFF",
        "operator": "Flytoget",
    }
    assert (await run(text, id="nordic:RUT:Line:12"))["data"]["line"]["submode"] == "localTram"
    assert (await run(text, id="caltrain-2018:Lo-130"))["data"]["line"]["submode"] is None


async def test_places_and_platforms_tell_who_can_board(run: Run) -> None:
    """As they say themselves, a platform else as its station; what is not said is null."""
    text = """query ($id: ID!) { stopPlace(id: $id) {
        wheelchairAccess quays { publicCode wheelchairAccess } } }"""
    oslo = (await run(text, id="flytoget-2018:NSR:StopPlace:337"))["data"]["stopPlace"]
    assert oslo["wheelchairAccess"] == "NOT_ACCESSIBLE"
    assert {quay["wheelchairAccess"] for quay in oslo["quays"]} == {"NOT_ACCESSIBLE"}
    bart = (await run(text, id="bart-2018:12TH"))["data"]["stopPlace"]
    assert bart["wheelchairAccess"] == "ACCESSIBLE"
    metro = (await run(text, id="nordic:NSR:StopPlace:58381"))["data"]["stopPlace"]
    assert metro["wheelchairAccess"] is None


async def test_a_journey_without_a_timetable_tells_what_its_source_does(run: Run) -> None:
    """BaneNOR's code of the operator, and what one call shows; nothing is made up."""
    found = await journey(run, "banenor:NSB:ServiceJourney:1-1955-390:2018-08-28")
    assert (found["operator"], found["headsign"], found["wheelchairAccess"]) == ("NSB", None, None)
    shown = [call["destinationDisplay"] for call in found["calls"]]
    assert [one and one["frontText"] for one in shown][:2] == [None, "Oslo S"]


async def test_the_places_a_journey_names_on_its_way(run: Run) -> None:
    """SIRI's Via, in its order."""
    with manual(LONG_AGO):
        found = await journey(run, "sm:Oubound:2004-12-17")
    assert found["via"] == ["Kensall Green", "Roman Road"]
    assert (found["destination"], found["operator"]) == ("Paradise Park", "OP22")
