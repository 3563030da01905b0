"""A bulletin from a client to a phone and back, with public clients only."""

import asyncio
import json
import uuid
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import pytest

from terminal.client import LiveQuery
from tests.e2e.conftest import Running
from tests.e2e.test_main_job import Phone

PUBLISH = """mutation($key: String!, $to: [ID!]!) { publishBulletin(input: {
  clientMutationId: $key, title: "北广场出口临时关闭", text: "请引导旅客走东侧", urgency: URGENT,
  audience: { officers: $to } }) {
  bulletin { id number } userErrors { code message } } }"""
LIVE = """subscription($after: String) { bulletins(after: $after) { cursor change
  node { id number readCount audienceCount } } }"""


async def bulletin_of(phone: Phone, number: str) -> dict[str, Any]:
    """The bulletin as the phone syncs it."""
    page = (await phone.http.get("/sync", params={"limit": 500})).json()
    held = [one["data"] for one in page["changes"] if one["entity"] == "bulletin"]
    return next(one for one in held if one["number"] == number)


@pytest.mark.slow
async def test_a_bulletin_goes_out_and_is_read(running: Running):
    """Published, pushed to the stand-in without a word of it, synced, read; the count goes up
    live."""
    phone, watch = Phone(running, "officer7"), running.client("watch")
    await phone.sign_in()
    seen: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def follow() -> None:
        async with aclosing(watch.follow([LiveQuery("bulletins", LIVE)])) as events:
            async for event in events:
                if event.node is not None:
                    seen.put_nowait(event.node)

    async def until(number: str, count: int) -> dict[str, Any]:
        while True:
            node = await seen.get()
            if (node["number"], node["readCount"]) == (number, count):
                return node

    following = asyncio.create_task(follow())
    pushes = phone.pushes()
    try:
        async with asyncio.timeout(60):
            data = await watch.query(PUBLISH, key=str(uuid.uuid4()), to=["officer7"])
            assert data["publishBulletin"]["userErrors"] == []
            bulletin = data["publishBulletin"]["bulletin"]
            await until(bulletin["number"], 0)
            push = json.dumps(await anext(pushes), ensure_ascii=False)
            assert "bulletin.created" in push
            assert "北广场" not in push
            told = await bulletin_of(phone, bulletin["number"])
            assert (told["text"], told["read"]) == ("请引导旅客走东侧", False)
            action = {
                "id": str(uuid.uuid4()),
                "kind": "bulletin.read",
                "at": datetime.now(UTC).isoformat(),
                "body": {"bulletinId": bulletin["id"], "via": "fcm"},
            }
            answer = await phone.http.post("/actions", json={"actions": [action]})
            (result,) = answer.json()["results"]
            assert (result["status"], result["data"]["stage"]) == ("applied", "SEEN")
            node = await until(bulletin["number"], 1)
            assert node["audienceCount"] == 1
            assert (await bulletin_of(phone, bulletin["number"]))["read"] is True
    finally:
        following.cancel()
        await pushes.aclose()
        await phone.http.aclose()
