"""Bulletins on the phone: synced, read by either id, withdrawn, and nobody else's."""

from typing import Any

import pytest

from hub import clock
from hub.model.ids import global_id
from hub.operations.asking.documents import RecipientDoc
from hub.operations.bulletins.actions import publish_bulletin, request_of, withdraw_bulletin
from hub.operations.bulletins.documents import BulletinDoc
from tests.mobile.conftest import Desk, Phone


async def published(desk: Desk, *readers: str, **given: Any) -> BulletinDoc:
    """A bulletin of the commander's to these accounts."""
    desk.made += 1
    words = {"title": "出口关闭", "text": "请走东侧", **given}
    request = request_of(officers=readers, **words)
    key = f"bulletin-{desk.made}"
    return await publish_bulletin(desk.operations.desk, desk.by, request, key)


def action(key: str, bulletin: str, kind: str = "bulletin.read", **body: Any) -> dict[str, Any]:
    at = clock.now().isoformat()
    return {"id": key, "kind": kind, "at": at, "body": {"bulletinId": bulletin, **body}}


async def held(phone: Phone, bulletin: BulletinDoc) -> list[dict[str, Any]]:
    """The bulletin in a snapshot."""
    page = await phone.sync()
    data = [one["data"] for one in page["changes"] if one["entity"] == "bulletin"]
    return [one for one in data if one["id"] == bulletin.id]


async def test_it_is_synced_and_its_reading_too(phone: Phone, desk: Desk) -> None:
    """As a change, and in a snapshot; read is told back to the reader's phones."""
    mine = await phone.sign_in("officer1")
    start = (await mine.sync())["nextCursor"]
    bulletin = await published(desk, "officer1", urgency="URGENT")
    page = await mine.sync(start)
    (change,) = page["changes"]
    assert (change["entity"], change["op"]) == ("bulletin", "upsert")
    assert [change["data"]] == await held(mine, bulletin)
    told = change["data"]
    assert (told["number"], told["text"], told["urgency"]) == (
        bulletin.number,
        "请走东侧",
        "URGENT",
    )
    assert (told["stage"], told["read"], told["state"]) == ("QUEUED", False, "PUBLISHED")
    (result,) = await mine.act(action("r1", bulletin.id, via="sync"))
    assert (result["status"], result["data"]) == (
        "applied",
        {"bulletinId": bulletin.id, "stage": "SEEN"},
    )
    (read,) = (await mine.sync(page["nextCursor"]))["changes"]
    assert (read["data"]["stage"], read["data"]["read"]) == ("SEEN", True)


@pytest.mark.parametrize("kind", ["bulletin.received", "bulletin.read"])
async def test_it_is_read_by_either_id(phone: Phone, desk: Desk, kind: str) -> None:
    """By the id of sync or by GraphQL's; a repetition by the other is the same action."""
    mine = await phone.sign_in("officer2")
    bulletin = await published(desk, "officer2")
    whole = global_id("Bulletin", bulletin.id)
    (first,) = await mine.act(action(f"{kind}-1", whole, kind))
    assert (first["status"], first["data"]["bulletinId"]) == ("applied", bulletin.id)
    (again,) = await mine.act(action(f"{kind}-1", bulletin.id, kind))
    assert (again["status"], again["data"]) == ("duplicate", first["data"])
    (other,) = await mine.act(action(f"{kind}-2", global_id("Order", bulletin.id), kind))
    assert (other["status"], other["code"], other["path"]) == (
        "rejected",
        "BAD_ID",
        "body.bulletinId",
    )


async def test_nobody_reads_anothers(phone: Phone, desk: Desk) -> None:
    """A colleague finds nothing, by either id, and the ledger is as it was."""
    mine = await phone.sign_in("officer3")
    bulletin = await published(desk, "officer4")
    assert await held(mine, bulletin) == []
    for number, name in enumerate((bulletin.id, global_id("Bulletin", bulletin.id))):
        (refused,) = await mine.act(action(f"x{number}", name))
        assert (refused["status"], refused["code"]) == ("rejected", "NOT_FOUND")
        assert refused["path"] == "body.bulletinId"
    row = await RecipientDoc.get(f"{bulletin.id}:officer4")
    assert row is not None
    assert len(row.entries) == 1


async def test_one_that_is_withdrawn_says_why_and_no_more(phone: Phone, desk: Desk) -> None:
    """Its text is gone from the phone; reading it late is recorded, and told."""
    mine = await phone.sign_in("officer5")
    bulletin = await published(desk, "officer5")
    given = {"bulletin_id": bulletin.id, "reason": "误发", "key": "gone"}
    await withdraw_bulletin(desk.operations.desk, desk.by, **given)
    (told,) = await held(mine, bulletin)
    assert (told["state"], told["reason"], told["text"]) == ("WITHDRAWN", "误发", None)
    start = (await mine.sync())["nextCursor"]
    (late,) = await mine.act(action("late", bulletin.id))
    assert (late["status"], late["data"]["stage"]) == ("applied", "CANCELLED")
    (change,) = (await mine.sync(start))["changes"]
    assert change["data"]["read"] is True
    assert [change["data"]] == await held(mine, bulletin)
