"""A SIRI feed that subscribes, end to end: hub, producer and notifications over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from feed_fakes import Origin
from lxml import etree
from push_rig import AREA, NAMESPACE, PATIENCE, connectors, process, text
from subscription_rig import SECRET, Rig, subscribing

from hub.errors import StartError
from hub.formats.siri.request import document, timestamp
from hub.ingest.supervisor import FeedSupervisor
from hub.settings import Settings
from hub.store.driver import Store
from hub.store.leases import Lease


@pytest.fixture
async def rig(store: Store, origin: Origin, clock, monkeypatch) -> AsyncIterator[Rig]:
    """A hub that is not supervised yet."""
    async with subscribing(store, origin, clock, monkeypatch) as made:
        yield made


async def test_a_feed_subscribes_and_takes_what_it_is_notified_of(rig: Rig, clock):
    """The request names our endpoint; a notification is durable when it is acknowledged."""
    rig.supervise()
    asked = await rig.producer.asks("SubscriptionRequest")
    head = "SubscriptionRequest"
    mine = f"{head}/VehicleMonitoringSubscriptionRequest"
    assert text(asked, f"{head}/RequestorRef") == "station-area"
    assert text(asked, f"{head}/ConsumerAddress") == f"{rig.url}/feeds/{rig.id}/{SECRET}"
    assert text(asked, f"{head}/SubscriptionContext/HeartbeatInterval") == "PT60S"
    assert text(asked, f"{mine}/SubscriberRef") == "station-area"
    assert text(asked, f"{mine}/SubscriptionIdentifier") == rig.id
    ends = timestamp(clock() + timedelta(hours=1))
    assert text(asked, f"{mine}/InitialTerminationTime") == ends
    assert text(asked, f"{mine}/IncrementalUpdates") == "true"
    assert (await rig.status(lambda row: row.get("link_state") == "UP"))["state"] == "STARTING"
    answer = await rig.producer.notify(rig.producer.vehicles("a", "b"))
    assert await rig.vehicles() == {"a", "b"}
    assert answer.status_code == 200
    root = etree.fromstring(answer.content)
    acknowledged = root.find("s:DataReceivedAcknowledgement", NAMESPACE)
    assert acknowledged is not None
    assert acknowledged.findtext("s:Status", namespaces=NAMESPACE) == "true"
    assert acknowledged.findtext("s:RequestMessageRef", namespaces=NAMESPACE) == "m-1"
    healthy = await rig.in_state("HEALTHY")
    assert healthy["totals"] == {**healthy["totals"], "payloads": 1, "accepted": 2}


async def test_heartbeats_keep_a_quiet_feed_healthy(rig: Rig, clock):
    """What is not sent has not changed, says a heartbeat: the data is as fresh as it is."""
    rig.supervise()
    await rig.subscribed()
    await rig.producer.notify(rig.producer.vehicles("a"))
    await rig.in_state("HEALTHY")
    for _ in range(12):
        clock.advance(seconds=60)
        answer = await rig.producer.heartbeat()
        assert answer.status_code == 200
    status = await rig.status(lambda row: row.get("data_as_of") == clock())
    assert status["state"] == "HEALTHY"
    assert "SubscriptionRequest" not in rig.producer.waiting()


async def test_heartbeats_do_not_heal_a_delivery_that_could_not_be_used(rig: Rig, clock):
    """It is acknowledged negatively, the feed is DEGRADED, and heartbeats leave it so."""
    rig.supervise()
    await rig.subscribed()
    await rig.producer.notify(rig.producer.vehicles("a"))
    empty = document("2.0", "ServiceDelivery", [("ResponseTimestamp", timestamp(clock()))])
    answer = await rig.producer.notify(empty)
    assert answer.status_code == 200
    assert b"<Status>false</Status>" in answer.content
    await rig.in_state("DEGRADED")
    clock.advance(seconds=60)
    await rig.producer.heartbeat()
    beat = await rig.status(lambda row: row["push"].get("proof_at") == clock())
    assert beat["data_as_of"] < clock()
    assert await rig.vehicles() == {"a"}
    await rig.in_state("DEGRADED")


async def test_a_silent_producer_is_asked_and_subscribed_to_again(rig: Rig, clock):
    """After three missed heartbeats CheckStatus; it lives, so it has lost us: subscribe again."""
    rig.supervise()
    await rig.subscribed()
    await rig.producer.heartbeat()
    await rig.status(lambda row: "proof_at" in row.get("push", {}))
    clock.advance(seconds=181)
    await rig.producer.asks("CheckStatusRequest")
    asked = await rig.producer.asks("SubscriptionRequest")
    mine = "SubscriptionRequest/VehicleMonitoringSubscriptionRequest/SubscriptionIdentifier"
    assert text(asked, mine) == rig.id


async def test_a_producer_that_never_sends_heartbeats_is_only_asked(rig: Rig, clock):
    """While it answers CheckStatus it is left alone; after ten silent intervals it is renewed."""
    rig.supervise()
    await rig.subscribed()
    for _ in range(3):
        clock.advance(seconds=181)
        await rig.producer.asks("CheckStatusRequest")
    assert rig.producer.waiting() == []
    clock.advance(seconds=181)
    assert await rig.producer.asks("SubscriptionRequest")


async def test_a_producer_that_is_gone_is_tried_until_it_is_back(rig: Rig, clock):
    """Nothing answers: the link is DOWN; when it answers again it is subscribed to again."""
    rig.supervise()
    await rig.subscribed()
    await rig.producer.notify(rig.producer.vehicles("a"))
    await rig.in_state("HEALTHY")
    rig.producer.silent = True
    clock.advance(seconds=181)
    down = await rig.in_state("HEALTHY", "DOWN")
    assert "503" in down["detail"]
    clock.advance(seconds=10)
    await rig.producer.asks("SubscriptionRequest")
    clock.advance(minutes=11)
    await rig.in_state("STALE", "DOWN")
    rig.producer.silent = False
    rig.producer.waiting()
    clock.advance(minutes=5)
    await rig.producer.asks("SubscriptionRequest")
    await rig.status(lambda row: row["link_state"] == "UP" and "503" not in row["detail"])


async def test_a_restarted_producer_is_subscribed_to_again(rig: Rig, clock):
    """Another ServiceStartedTime says that it has forgotten; an old one says nothing."""
    rig.supervise()
    await rig.subscribed()
    await rig.producer.heartbeat()
    await rig.status(lambda row: "told_at" in row.get("push", {}))
    assert rig.producer.waiting() == []
    rig.producer.started = clock()
    clock.advance(seconds=1)
    await rig.producer.heartbeat()
    await rig.producer.asks("SubscriptionRequest")
    await rig.producer.notify(rig.producer.vehicles("a"))
    await rig.in_state("HEALTHY")
    assert rig.producer.waiting() == []


async def test_a_subscription_is_renewed_before_it_ends(rig: Rig, clock):
    """With a tenth of its time left it is asked for again, also where less was granted."""
    rig.producer.until = clock() + timedelta(minutes=20)
    rig.supervise()
    await rig.subscribed()
    for minute in range(17):
        clock.advance(seconds=60)
        await rig.producer.heartbeat()
        assert rig.producer.waiting() == [], minute
    rig.producer.until = None
    clock.advance(seconds=61)
    asked = await rig.producer.asks("SubscriptionRequest")
    ends = "SubscriptionRequest/VehicleMonitoringSubscriptionRequest/InitialTerminationTime"
    assert text(asked, ends) == timestamp(clock() + timedelta(hours=1))


async def test_a_subscription_the_producer_ends_is_asked_for_again(rig: Rig, clock):
    """SubscriptionTerminatedNotification is answered, and followed by a SubscriptionRequest."""
    rig.supervise()
    await rig.subscribed()
    clock.advance(seconds=1)
    parts = [("ResponseTimestamp", timestamp(clock())), ("SubscriptionRef", rig.id)]
    ended = document("2.0", "SubscriptionTerminatedNotification", parts)
    assert (await rig.producer.notify(ended)).status_code == 200
    assert await rig.producer.asks("SubscriptionRequest")


async def test_data_that_is_ready_is_fetched_in_all_its_parts(rig: Rig):
    """DataReady is acknowledged first; then DataSupplyRequests until MoreData is false."""
    rig.supervise()
    await rig.subscribed()
    rig.producer.supply = [rig.producer.vehicles("a", more=True), rig.producer.vehicles("b")]
    ready = document("2.0", "DataReadyNotification", [("MessageIdentifier", "n-1")])
    answer = await rig.producer.notify(ready)
    assert b"DataReadyAcknowledgement" in answer.content
    for _ in range(2):
        asked = await rig.producer.asks("DataSupplyRequest")
        assert text(asked, "DataSupplyRequest/ConsumerRef") == "station-area"
    status = await rig.status(lambda row: row["totals"]["payloads"] == 2)
    assert await rig.vehicles() == {"a", "b"}
    assert status["totals"]["accepted"] == 2


async def test_the_hub_says_that_it_lives(rig: Rig):
    """CheckStatusRequest at our endpoint is answered with Status true."""
    rig.supervise()
    await rig.subscribed()
    asked = document("2.0", "CheckStatusRequest", [("MessageIdentifier", "c-1")])
    answer = await rig.producer.notify(asked)
    response = etree.fromstring(answer.content).find("s:CheckStatusResponse", NAMESPACE)
    assert response is not None
    assert response.findtext("s:Status", namespaces=NAMESPACE) == "true"


async def test_a_refused_subscription_needs_a_person(rig: Rig, clock):
    """AccessNotAllowedError is UNAUTHORISED, other refusals are tried again; then all is well."""
    rig.producer.refuses = "AccessNotAllowedError"
    rig.supervise()
    refused = await rig.in_state("UNAUTHORISED", "REFUSED")
    assert "RequestorRef" in refused["detail"]
    rig.producer.refuses = "AllowedResourceUsageExceededError"
    clock.advance(minutes=6)
    await rig.status(lambda row: "AllowedResource" in (row["detail"] or ""))
    rig.producer.refuses = None
    clock.advance(minutes=6)
    await rig.status(lambda row: row["link_state"] == "UP" and row["state"] == "STARTING")


async def test_the_subscription_is_ended_at_shutdown(rig: Rig):
    """TerminateSubscription names what was subscribed, and nothing else."""
    task = rig.supervise()
    await rig.subscribed()
    task.cancel()
    asked = await rig.producer.asks("TerminateSubscriptionRequest")
    assert text(asked, "TerminateSubscriptionRequest/SubscriptionRef") == rig.id
    assert text(asked, "TerminateSubscriptionRequest/All") is None


async def test_another_process_takes_over_without_losing_the_subscription(rig: Rig, store: Store):
    """Who lost the lease says no goodbye: it would end what the next one has under that name."""
    first = rig.supervise()
    await rig.subscribed()
    thief = Lease(store, f"feed:{rig.id}", "the next one")
    await store.db["leases"].update_one(
        {"_id": thief.name}, {"$set": {"owner": thief.owner}, "$inc": {"fence": 1}}
    )
    async with asyncio.timeout(PATIENCE):
        while thief.fence is None:
            await thief.acquire()
        await asyncio.sleep(0.5)  # five renewals of the first one's lease: it has let go by then
    assert "TerminateSubscriptionRequest" not in rig.producer.waiting()
    await thief.release()
    await rig.producer.asks("SubscriptionRequest")
    assert not first.done()


async def test_a_notification_to_another_process_counts(rig: Rig, store: Store, clock):
    """It is written where it arrives, and the process with the lease answers for its health."""
    rig.supervise()
    await rig.subscribed()
    async with process(store, rig.table) as elsewhere:
        there = f"{elsewhere}/feeds/{rig.id}/{SECRET}"
        assert (await rig.producer.notify(rig.producer.vehicles("a"), there)).status_code == 200
    await rig.in_state("HEALTHY")
    clock.advance(seconds=1)
    await rig.producer.notify(rig.producer.vehicles("b"))
    assert await rig.vehicles() == {"a", "b"}
    await rig.status(lambda row: row["totals"]["payloads"] == 2)


async def test_a_pushed_feed_without_a_subscription_ages_by_itself(rig: Rig, clock):
    """push = true: HEALTHY after a post, STALE and DOWN when none follows."""
    keep = ("id", "kind", "push_secret_ref", "warn_after", "expire_after")
    rig.table = {**{key: rig.table[key] for key in keep}, "push": True}
    rig.supervise()
    await rig.status(lambda row: row.get("state") == "STARTING")
    address = f"{rig.url}/feeds/{rig.id}/{SECRET}"
    await rig.producer.notify(rig.producer.vehicles("a"), address)
    await rig.in_state("HEALTHY")
    clock.advance(minutes=11)
    await rig.in_state("STALE")
    clock.advance(minutes=11)
    await rig.in_state("DOWN")
    assert rig.producer.waiting() == []


def test_a_producer_must_be_told_where_we_are(store: Store, monkeypatch):
    """Without [hub] public_url a feed that subscribes is refused at start."""
    monkeypatch.setenv("PUSH_SECRET", SECRET)
    feed = {
        "id": "rail",
        "kind": "siri_et",
        "url": "http://a/",
        "push_secret_ref": "env:PUSH_SECRET",
        "options": {"subscribe": True},
    }
    with pytest.raises(StartError, match=r"public_url is needed"):
        FeedSupervisor(store, Settings.model_validate({"feeds": [feed]}), AREA, connectors)
