"""What was shown when, over GraphQL: as the live roots would have answered then."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from schema_builders import (
    LIAISON,
    NOW,
    OFFICER,
    PARTNER,
    WATCH,
    Run,
    call_doc,
    code_of,
    feed_doc,
    parking_doc,
    stop_place_doc,
)

from hub import clock
from hub.clock import ManualClock
from hub.model.area import Area
from hub.operations.history import OF_PEOPLE
from hub.operations.orders.alarms import ORDER_UNANSWERED
from hub.operations.words import Both
from hub.store import raw
from hub.store.documents import plain
from hub.store.driver import Store
from hub.store.feeds.same_as import SameAs
from hub.store.history.historian import Historian
from hub.store.history.kept import OF_FEEDS
from schema.context import Services
from schema.nodes import key_of
from tests.schema.test_schema_operations import dispatched, opened

BOARD = """query B($at: DateTime!, $places: [ID!]) { moment(at: $at) { at gap { start end }
    boards(stopPlaces: $places, first: 5) { stopPlace { name } departures { id status
      aimedDeparture expectedDeparture plannedPlatform freshness { state asOf }
      journey { publicCode destination line { publicCode } } } arrivals { id } } } }"""
REST = """query R($at: DateTime!) { moment(at: $at) {
    vehicles { label taxiState position { lat } freshness { state } }
    taxiRanks { scopedId vehiclesWaiting capacity freshness { state } }
    parkingFacilities { name vacant freshness { state } } situations { summary }
    feeds { code state dataAsOf } } }"""
WORK = """query W($at: DateTime!) { moment(at: $at) {
    incidents { id number title state }
    orders { id text incident { title }
      recipients { stage entries { stage } officer { login } } }
    officers { name post onDutySince unit { code } } } }"""
RANGE = "{ history { start end gaps { start end } outages { feed state start end } } }"


@pytest.fixture
async def kept(store: Store, area: Area, services: Services) -> AsyncIterator["Kept"]:
    """A history that a test writes, look by look, and a clock it moves."""
    for name in (raw.HISTORY_BLOCKS, raw.HISTORY_CHAPTERS, raw.LEASES):
        await store.db[name].delete_many({})
    await store.db[raw.STOP_PLACES].replace_one(
        {"_id": "railway:SHH"}, stop_place_doc(), upsert=True
    )
    with clock.manual(NOW) as now:
        historian = Historian(
            store,
            "test",
            area=area,
            same_as=SameAs(store),
            kept=(*OF_FEEDS, *OF_PEOPLE),
            hours=48,
            megabytes=64,
        )
        yield Kept(store, historian, now)


def said(at: datetime) -> str:
    """A moment as it is answered."""
    return at.isoformat().replace("+00:00", "Z")


class Kept:
    """The history of a test."""

    def __init__(self, store: Store, historian: Historian, now: ManualClock) -> None:
        self.store, self.now = store, now
        self._historian = historian

    async def shows(self, **rows: list[dict[str, Any]]) -> datetime:
        """These are the rows of these collections from now on, and somebody looked; when."""
        for name, documents in rows.items():
            await self.store.db[name].delete_many({})
            if documents:
                await self.store.db[name].insert_many(documents)
        return await self.looked()

    async def looked(self) -> datetime:
        """Somebody looked at what there is now; when. Ten seconds later it is."""
        await self._historian.sample()
        at = self.now()
        self.now.advance(seconds=10)
        return at


async def test_a_board_is_what_was_expected_then(run: Run, kept: Kept) -> None:
    """Not what came of it: the train that was on time at the first look was late at the second."""
    first = await kept.shows(feeds=[feed_doc()], calls=[call_doc(late=0, status="ON_TIME")])
    second = await kept.shows(calls=[call_doc(late=25, platform={"planned": "1", "actual": "3"})])
    told = [await run(BOARD, at=at.isoformat(), places=["railway:SHH"]) for at in (first, second)]
    (before,), (after,) = (one["data"]["moment"]["boards"][0]["departures"] for one in told)
    assert (before["status"], after["status"]) == ("ON_TIME", "DELAYED")
    assert before["expectedDeparture"] == said(NOW + timedelta(minutes=10))
    assert after["expectedDeparture"] == said(NOW + timedelta(minutes=35))
    assert before["id"] == after["id"]
    assert before["journey"]["publicCode"] == "G1"
    assert before["journey"]["line"] == {"publicCode": "京沪"}
    assert told[0]["data"]["moment"]["gap"] is None


async def test_values_are_as_old_as_they_were_then(run: Run, kept: Kept) -> None:
    """Of a feed that fell silent: fresh, stale, unknown, by the moment that is asked for."""
    at = await kept.shows(feeds=[feed_doc()], calls=[call_doc(late=5)], parking_facilities=[])
    for _ in range(12 * 6):
        last = await kept.looked()
    states = {}
    for name, moment in {
        "FRESH": at,
        "STALE": NOW + timedelta(seconds=120),
        "UNKNOWN": last,
    }.items():
        told = await run(BOARD, at=moment.isoformat(), places=["railway:SHH"])
        (call,) = told["data"]["moment"]["boards"][0]["departures"]
        states[name] = call["freshness"]["state"]
        if name == "UNKNOWN":
            assert (call["status"], call["expectedDeparture"]) == ("UNKNOWN", None)
    assert states == {name: name for name in states}
    told = await run(REST, at=last.isoformat())
    assert told["data"]["moment"]["feeds"] == [
        {"code": "rail-et", "state": "DOWN", "dataAsOf": said(NOW)}
    ]
    ranged = (await run(RANGE))["data"]["history"]
    assert [one["state"] for one in ranged["outages"]] == ["STALE", "DOWN"]
    assert (ranged["start"], ranged["end"]) == (said(NOW), said(last))


async def test_vehicles_ranks_parking_and_situations_are_those_of_then(
    run: Run, kept: Kept
) -> None:
    """Each with its own freshness; a rank nobody told of is there, and unknown."""
    taxi = {
        "_id": "taxi:1",
        "mode": "TAXI",
        "label": "沪A1",
        "taxi_state": "AVAILABLE",
        "location": {"type": "Point", "coordinates": [121.4558, 31.2496]},
        "feed": "rail-et",
        "observed_at": NOW,
    }
    rank = {"_id": "rank:north", "vehicles_waiting": 7, "feed": "rail-et", "observed_at": NOW}
    at = await kept.shows(
        feeds=[feed_doc(), feed_doc("parking")],
        vehicles=[taxi],
        taxi_ranks=[rank],
        parking_facilities=[parking_doc()],
    )
    await kept.shows(vehicles=[], taxi_ranks=[], parking_facilities=[parking_doc(vacant=0)])
    told = (await run(REST, at=at.isoformat()))["data"]["moment"]
    fresh = {"state": "FRESH"}
    assert told["vehicles"] == [
        {
            "label": "沪A1",
            "taxiState": "AVAILABLE",
            "position": {"lat": 31.2496},
            "freshness": fresh,
        }
    ]
    ranks = {one["scopedId"]: one["vehiclesWaiting"] for one in told["taxiRanks"]}
    assert ranks["rank:north"] == 7
    assert None in ranks.values()
    (garage,) = told["parkingFacilities"]
    assert (garage["vacant"], garage["freshness"]) == (12, fresh)


async def test_orders_and_incidents_are_as_they_stood(run: Run, kept: Kept) -> None:
    """An incident by its title of then; an order as far as it had come with each recipient."""
    incident = await opened(run, "stood", title="原来的名字")
    order = await dispatched(run, "stood-order", incident, ["officer1", "officer2"])
    at = await kept.looked()
    change = {"$set": {"title": "改了名", "state": "CLOSED"}}
    await kept.store.db["incidents"].update_many({}, change)
    later = kept.now.advance(minutes=1)
    step = {"stage": "ACCEPTED", "at": later, "channel": "actions"}
    await kept.store.db["recipients"].update_many(
        {}, {"$push": {"entries": step}, "$set": {"stage": "ACCEPTED"}}
    )
    await kept.store.db["orders"].update_many({}, {"$set": {"state": "COMPLETED"}})
    after = await kept.looked()
    told = (await run(WORK, at=at.isoformat()))["data"]["moment"]
    assert [(one["id"], one["title"]) for one in told["incidents"]] == [(incident, "原来的名字")]
    (mine,) = told["orders"]
    assert (mine["id"], mine["incident"]) == (order, {"title": "原来的名字"})
    assert {one["stage"] for one in mine["recipients"]} == {"QUEUED"}
    assert all("ACCEPTED" not in str(one["entries"]) for one in mine["recipients"])
    told = (await run(WORK, at=after.isoformat()))["data"]["moment"]
    assert (told["incidents"], told["orders"]) == ([], [])


async def test_a_gap_is_said_and_never_reads_as_nothing(run: Run, kept: Kept) -> None:
    """Every list is null in it: not known, which is not empty."""
    ended = await kept.shows(feeds=[feed_doc()], calls=[call_doc()])
    kept.now.advance(minutes=10)
    begun = await kept.looked()
    gap = {"start": said(ended), "end": said(begun)}
    inside = (ended + timedelta(minutes=5)).isoformat()
    told = (await run(BOARD, at=inside, places=["railway:SHH"]))["data"]["moment"]
    assert (told["gap"], told["boards"]) == (gap, None)
    for text in (REST, WORK):
        answered = (await run(text, at=inside))["data"]["moment"]
        assert set(answered.values()) == {None}
    assert (await run(RANGE))["data"]["history"]["gaps"] == [gap]


async def test_a_moment_that_is_not_kept_is_refused_and_says_from_when(
    run: Run, kept: Kept
) -> None:
    """Before what is kept, and what is still to come; a clock a second ahead is told of now."""
    at = await kept.shows(feeds=[feed_doc()], calls=[])
    for wrong in (at - timedelta(minutes=1), kept.now() + timedelta(minutes=1)):
        refused = await run(BOARD, at=wrong.isoformat())
        assert code_of(refused) == "OUT_OF_HISTORY"
        assert at.isoformat() in refused["errors"][0]["message"]
    answered = await run(BOARD, at=(kept.now() + timedelta(seconds=1)).isoformat())
    assert answered["data"]["moment"]["at"] == said(kept.now())
    many = await run(BOARD, at=at.isoformat(), places=["railway:SHH"] * 21)
    assert code_of(many) == "TOO_MANY_IDS"


async def test_the_row_policies_of_today_hold_for_the_past(run: Run, kept: Kept) -> None:
    """A liaison is told of its own unit's, a partner of no order, whoever has the scope or not."""
    mine = await opened(run, "policies", units=["RPS"])
    other = await opened(run, "policies-other", units=["PSS"])
    await dispatched(run, "policies-order", other, ["officer1"])
    at = (await kept.looked()).isoformat()
    everything = (await run(WORK, at=at))["data"]["moment"]
    assert {mine, other} <= {one["id"] for one in everything["incidents"]}
    assert len(everything["orders"]) == 1
    incidents = "query I($at: DateTime!) { moment(at: $at) { incidents { id } } }"
    live = "{ incidents(state: OPEN, first: 200) { nodes { id } } }"
    for caller in (LIAISON, OFFICER, PARTNER):
        now = {one["id"] for one in (await run(live, caller))["data"]["incidents"]["nodes"]}
        then = (await run(incidents, caller, at=at))["data"]["moment"]["incidents"]
        assert {one["id"] for one in then} == now
        assert not {mine, other} <= now
    orders = "query O($at: DateTime!) { moment(at: $at) { orders { text } } }"
    assert code_of(await run(orders, PARTNER, at=at)) == "FORBIDDEN"
    for field in ("officers { name }", "alarms { message }"):
        text = f"query P($at: DateTime!) {{ moment(at: $at) {{ {field} }} }}"
        assert code_of(await run(text, OFFICER, at=at)) == "FORBIDDEN"
        assert "errors" not in await run(text, WATCH, at=at)


async def test_an_alarm_that_was_kept_by_an_older_version_leads_to_its_order(
    run: Run, kept: Kept
) -> None:
    """Samples are never rewritten: those of before an upgrade name it in a field of its own."""
    incident = await opened(run, "old-alarm")
    order = await dispatched(run, "old-alarm-order", incident, ["officer1"])
    named = {"order_id": key_of(order, "Order", "order")}
    named["incident_id"] = key_of(incident, "Incident", "incident")
    alarm = ORDER_UNANSWERED.alarm(Both("无人签收", "nobody"), NOW, of=named["order_id"])
    old = plain(alarm)
    del old["about"]
    at = await kept.shows(alarms=[{**old, **named}])
    text = """query A($at: DateTime!) {
        moment(at: $at) { alarms { order { id } incident { id } } } }"""
    told = (await run(text, at=at.isoformat()))["data"]["moment"]
    assert told["alarms"] == [{"order": {"id": order}, "incident": {"id": incident}}]
