"""What partners read of situations, over samples of the three standards that publish them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from real_feeds import ingest
from schema_builders import Run

from hub.clock import manual
from hub.store.driver import Store
from schema.context import Services

AT = datetime(2018, 10, 16, 10, 22, 30, tzinfo=UTC)
TEXT = """query ($id: ID!) { situation(id: $id) {
    createdAt advice(language: ZH) adviceEn: advice(language: EN)
    links { uri label labelEn: label(language: EN) }
    description stopPlaces { name } journeys { scopedId } } }"""


@pytest.fixture(scope="module")
async def _feeds(store: Store, services: Services) -> None:
    with manual(AT):
        await ingest(store, "siri_sx", "siri/SX_1022_main_message.xml", AT, feed="vbl")
        await ingest(store, "gtfs_rt", "gtfs-rt/alerts.asciipb", AT, feed="alerts")
        await ingest(store, "cap", "cap/canada.cap", AT, feed="weather")
    await services.feeds.load()


@pytest.fixture(autouse=True)
async def _now(_feeds: None) -> AsyncIterator[None]:
    with manual(AT):
        yield


async def situation(run: Run, store: Store, feed: str) -> dict[str, Any]:
    """The feed's only situation, as a partner reads it."""
    (row,) = await store.db["situations"].find({"feed": feed}).to_list()
    answer = await run(TEXT, id=row["_id"])
    assert "errors" not in answer
    found: dict[str, Any] = answer["data"]["situation"]
    return found


async def test_siri_sx_tells_when_what_to_do_and_where_to_read_more(run: Run, store: Store) -> None:
    """CreationTime, the recommendation of its texts, its links; one of them without a scheme."""
    found = await situation(run, store, "vbl")
    assert found["createdAt"] == "2017-05-28T08:22:00Z"
    assert found["adviceEn"].startswith("Travellers to Haldensteig, Casino-Palace, Europe")
    assert found["advice"] == found["adviceEn"]
    assert found["links"][0] == {
        "uri": "http://www.vbl.ch/aktuelles/verkehrsmeldungen/stoerungen/20160603_13?",
        "label": "For more information, please visit:",
        "labelEn": "For more information, please visit:",
    }
    assert "https://www.vbl.ch/stoerung/haldenstrasse" in [one["uri"] for one in found["links"]]


async def test_gtfs_rt_tells_an_address(run: Run, store: Store) -> None:
    """An alert's url; when it was made and what to do are not in the standard."""
    found = await situation(run, store, "alerts")
    assert found["links"] == [
        {"uri": "http://www.sometransitagency/alerts", "label": None, "labelEn": None}
    ]
    assert (found["createdAt"], found["advice"]) == (None, None)


async def test_cap_tells_its_instruction_apart(run: Run, store: Store) -> None:
    """It stands in the text as before, and by itself; every language's page is a link."""
    found = await situation(run, store, "weather")
    assert found["advice"] == "Monitor local conditions and take appropriate precautions"
    assert found["advice"] in found["description"]
    assert [one["uri"] for one in found["links"]] == [
        "http://www.weatheroffice.gc.ca/warnings/warnings_e.html",
        "http://www.weatheroffice.gc.ca/warnings/warnings_f.html",
    ]
    assert found["createdAt"] is not None
