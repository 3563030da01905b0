"""Timelines: lines in documents of their own, and how they came there from their incidents."""

import asyncio
from datetime import UTC, datetime, timedelta

from hub.model.people import Role, Viewer
from hub.operations.incidents import timeline
from hub.operations.incidents.documents import TimelineEntry
from hub.operations.incidents.store import IncidentRepository
from hub.operations.incidents.timeline import Timeline
from hub.store.driver import Store, Tx
from hub.store.listing import Place

AT = datetime(2026, 3, 14, 8, tzinfo=UTC)
WATCH = Viewer(account_id="watch", role=Role.WATCH, unit=None)


def line(kind: str, seconds: int = 0, *, by: str = "watch", units: tuple[str, ...] = ()) -> dict:
    at = AT + timedelta(seconds=seconds)
    return {"at": at, "by": by, "kind": kind, "text": kind, "units": list(units)}


async def test_embedded_timelines_are_moved_once(store: Store):
    """Whoever starts, and however many at once: each line is a document, in its old order."""
    kinds = ["incident.opened", "order.dispatched", "order.accepted", "order.done"]
    await store.db["incidents"].insert_many(
        [
            {
                "_id": f"old{n}",
                "number": f"n{n}",
                "units": ["RPS"],
                "timeline": [line(k) for k in kinds],
            }
            for n in range(5)
        ]
        + [{"_id": "new", "number": "new", "units": []}]
    )
    await asyncio.gather(*(Timeline(store).move_embedded() for _ in range(3)))
    await Timeline(store).move_embedded()
    found = await Timeline(store).of_incidents(WATCH, [f"old{n}" for n in range(5)])
    assert [[row.kind for row in rows] for rows in found.values()] == [kinds] * 5
    assert await store.db["incidents"].count_documents({"timeline": {"$exists": True}}) == 0
    assert await store.db["timeline"].count_documents({}) == 20


async def test_lines_of_one_moment_keep_their_order(store: Store):
    """What is written at once, or in the same millisecond, is read as it was written."""
    repository = IncidentRepository(store)
    await store.db["incidents"].insert_one({"_id": "same", "number": "same", "units": []})

    async def note(*numbers: int) -> None:
        async def work(tx: Tx) -> None:
            entries = [TimelineEntry(at=AT, by="hub", kind="x", text=str(n)) for n in numbers]
            await repository.note(tx, "same", *entries)

        await store.transaction(work)

    for first in range(0, 30, 3):
        await note(first, first + 1, first + 2)
    (rows,) = (await repository.timelines(WATCH, ["same"])).values()
    assert [int(row.text) for row in rows] == list(range(30))
    assert await repository.timeline_lengths(["same", "none"]) == {"same": 30}


async def test_a_timeline_is_read_by_who_sees_its_incident(store: Store):
    """Asked for by its id, the timeline of an incident that is not the viewer's is empty."""
    await store.db["incidents"].insert_one({"_id": "theirs", "number": "t", "units": ["MTR"]})
    await store.db["timeline"].insert_many(
        [
            {"_id": f"theirs:{number}", "incident_id": "theirs", **row}
            for number, row in enumerate(
                (
                    line("incident.opened"),
                    line("order.accepted", 1, by="a", units=("MTR",)),
                    line("order.accepted", 2, by="b", units=("RPS",)),
                    line("order.escalated", 3, by="hub", units=("MTR", "RPS")),
                )
            )
        ]
    )

    async def read(role: Role, unit: str | None, account: str = "x") -> list[str]:
        viewer = Viewer(account_id=account, role=role, unit=unit)
        repository = IncidentRepository(store)
        found = (await repository.timelines(viewer, ["theirs"])).get("theirs", [])
        page = await repository.timeline_page(viewer, "theirs", first=9)
        assert page == found[::-1]
        return [f"{row.kind} {row.by}" for row in found]

    assert await read(Role.LIAISON, "RPS") == await read(Role.PARTNER, "RPS") == []
    assert await read(Role.LIAISON, "MTR") == ["incident.opened watch", "order.accepted a"]
    assert await read(Role.OFFICER, "MTR", "b") == ["incident.opened watch", "order.accepted b"]
    assert await read(Role.PARTNER, "MTR") == ["incident.opened watch"]
    assert len(await read(Role.COMMANDER, None)) == 4


async def test_of_a_long_timeline_the_newest_lines_are_listed(store: Store, monkeypatch):
    """Oldest first, of each incident its own; pages go on where the list begins."""
    monkeypatch.setattr(timeline, "LISTED", 3)
    repository = IncidentRepository(store)
    for name, many in (("long", 5), ("short", 2)):
        await store.db["incidents"].insert_one({"_id": name, "number": name, "units": []})
        entries = [TimelineEntry(**line(str(n), n)) for n in range(many)]
        await store.transaction(lambda tx, to=name, all_=entries: repository.note(tx, to, *all_))
    found = await repository.timelines(WATCH, ["long", "short"])
    kinds = {name: [row.kind for row in rows] for name, rows in found.items()}
    assert kinds == {"long": ["2", "3", "4"], "short": ["0", "1"]}
    oldest = found["long"][0]
    page = await repository.timeline_page(WATCH, "long", first=9, after=Place(oldest.at, oldest.id))
    assert [row.kind for row in page] == ["1", "0"]
