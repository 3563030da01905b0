"""When the database is away, or we are wrong: an answer in the same format, and no lost record."""

import asyncio
import json
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from hub.access.shares import PER_PERSON
from hub.errors import RetryLater
from hub.fate import Fate, mark
from mobile_api.context import MobileContext
from tests.mobile.conftest import BASE, Phone

PASSING = [AutoReconnect("primary stepped down"), RetryLater("busy", after=7)]


def failing(error: Exception) -> Any:
    async def fail(*_args: object, **_more: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize("error", PASSING, ids=["driver", "hub"])
async def test_an_election_is_a_503(
    phone: Phone, context: MobileContext, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """While no primary can be read or written a call answers 503 with the wait, and says that it
    may be repeated."""
    mine = await phone.sign_in("officer1")
    monkeypatch.setattr(context.operations, "sync", failing(error))
    monkeypatch.setattr(context.operations, "act", failing(error))
    action = {"id": "f1", "kind": "order.seen", "at": "2026-01-01T00:00:00Z"}
    for reply in (
        await mine.call("GET", "/sync"),
        await mine.call("POST", "/actions", json={"actions": [action]}),
    ):
        assert reply.status_code == 503
        assert reply.json()["code"] == "RETRY_LATER"
        assert int(reply.headers["retry-after"]) in {2, 7}


@pytest.mark.parametrize("error", PASSING, ids=["driver", "hub"])
async def test_what_was_not_begun_says_so(
    phone: Phone, context: MobileContext, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Nobody could be asked who calls: nothing was done. A reading has no outcome."""
    mine = await phone.sign_in("officer1")
    monkeypatch.setattr(context.tokens, "authenticate", failing(error))
    done = await mine.call("POST", "/actions", json={"actions": []})
    assert (done.status_code, done.json()["outcome"]) == (503, "NOT_DONE")
    read = await mine.call("GET", "/sync")
    assert (read.status_code, "outcome" in read.json()) == (503, False)


async def test_actions_that_fail_say_what_became_of_them(
    phone: Phone, context: MobileContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None, all that is known, or some; of a sign-in that was begun nothing is said."""
    mine = await phone.sign_in("officer1")
    act, fates = context.operations.act, iter(["NOT_DONE", "UNKNOWN", "", "NOT_DONE"])

    async def acted(*given: Any) -> Any:
        if not (fate := next(fates)):
            return await act(*given)
        mark(Fate(fate))
        raise AutoReconnect("primary stepped down")

    monkeypatch.setattr(context.operations, "act", acted)
    duty = {"kind": "duty.signIn", "at": "2026-01-01T00:00:00Z"}
    actions = [{"id": "fate-1", **duty}, {"id": "fate-2", **duty}]
    for expected in ("NOT_DONE", "UNKNOWN", "UNKNOWN"):
        reply = await mine.call("POST", "/actions", json={"actions": actions})
        assert (reply.status_code, reply.json()["outcome"]) == (503, expected)
    assert next(fates, None) is None
    monkeypatch.setattr(context.tokens, "refresh", failing(AutoReconnect("away")))
    reply = await mine.call("POST", "/session/refresh", json={"refreshToken": "a.b"})
    assert (reply.status_code, "outcome" in reply.json()) == (503, False)


@pytest.mark.parametrize("error", PASSING, ids=["driver", "hub"])
async def test_a_stream_ends_with_a_word_when_the_database_is_away(
    phone: Phone, context: MobileContext, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """A live stream that cannot read says RETRY_LATER and ends; the phone comes back to it."""
    mine = await phone.sign_in("officer1")
    monkeypatch.setattr(context.operations, "sync", failing(error))
    reply = await mine.call("GET", "/events")
    assert 'event: closed\ndata: {"code":"RETRY_LATER"}' in reply.text


async def test_the_token_endpoint_says_so_too(
    phone: Phone, context: MobileContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OAuth's word for a database that is away is temporarily_unavailable."""
    form = {"grant_type": "refresh_token", "refresh_token": "a.b"}
    for error in PASSING:
        monkeypatch.setattr(context.tokens, "refresh", failing(error))
        reply = await phone.http.post("/auth/token", data=form)
        assert (reply.status_code, reply.json()["error"]) == (503, "temporarily_unavailable")


async def test_a_mistake_of_ours_is_a_500_without_its_text(
    phone: Phone, context: MobileContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error nobody expected is answered as INTERNAL; what it says stays in the log."""
    mine = await phone.sign_in("officer1")
    monkeypatch.setattr(context.operations, "sync", failing(ValueError("a canary")))
    reply = await mine.call("GET", "/sync")
    assert reply.status_code == 500
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["code"] == "INTERNAL"
    assert "canary" not in json.dumps(reply.json())
    assert (await mine.http.get(f"{BASE}/openapi.json")).status_code == 200


async def test_what_one_account_asks_takes_turns(
    phone: Phone, context: MobileContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One phone that asks much delays no other: a few of its calls are in work at a time."""
    mine, other = await phone.sign_in("officer1"), await phone.sign_in("officer2")
    sync, entered, go = context.operations.sync, asyncio.Queue[str](), asyncio.Event()

    async def held(account_id: str, *given: Any) -> Any:
        entered.put_nowait(account_id)
        await go.wait()
        return await sync(account_id, *given)

    monkeypatch.setattr(context.operations, "sync", held)
    asking = [asyncio.create_task(mine.call("GET", "/sync")) for _ in range(PER_PERSON + 4)]
    first = [await entered.get() for _ in range(PER_PERSON)]
    asking.append(asyncio.create_task(other.call("GET", "/sync")))
    theirs = await entered.get()
    assert theirs not in first
    action = {"id": "turns", "kind": "order.seen", "at": "2026-01-01T00:00:00Z"}
    done = await mine.call("POST", "/actions", json={"actions": [action]})
    assert done.status_code == 200  # what is done does not wait for what is read
    assert entered.empty()
    go.set()
    assert {reply.status_code for reply in await asyncio.gather(*asking)} == {200}
