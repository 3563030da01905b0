"""The sealed audit log: whatever is done to it is found and named; untouched it holds."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tampering import NOON, OF_ROWS, Log, Named, Row, forged, rows_of

from hub import clock as hub_clock
from hub.access.keys import load_signing_key
from hub.access.sealing import chain_of
from hub.access.verifying import LONG, Verified, verify
from hub.rules.audit_chain import (
    GENESIS,
    MOST_MOVED,
    Claim,
    Fault,
    Finding,
    Walk,
    canonical,
    link,
    number,
)
from hub.store.audit import Audit, Author
from hub.store.audit_chain import AuditChain, Head
from hub.store.driver import Store

SIZE = 9


def names(findings: tuple[Finding, ...] | list[Finding]) -> set[Named]:
    return {(one.fault, one.seq, one.id) for one in findings}


def walked(log: Log, upto: int, *claims: Claim) -> list[Finding]:
    """What a walk along these rows finds."""
    walk = Walk(upto, claims)
    placed = [row for row in log.rows if (seq := number(row)) is not None and seq <= upto]
    for row in sorted(placed, key=lambda row: row["seq"]):
        walk.see(row)
    for row in log.rows:
        if not any(row is one for one in placed) and (row["seq"], row["hash"]) != (None, None):
            walk.stray(row)
    return walk.end()


def test_a_row_is_hashed_as_it_is_said_to_be() -> None:
    """docs/audit.md's own words, byte for byte: sorted, UTF-8, moments in UTC with milliseconds."""
    east = timezone(timedelta(hours=8))
    row = {
        "seq": 7,
        "_id": "a",
        "at": datetime(2026, 11, 23, 20, 0, 0, 5_000, tzinfo=east),
        "actor": "值班",
        "hash": "x",
        "detail": {"b": None, "a": 1.5},
    }
    head = '{"_id":"a","actor":"值班","at":{"$date":"2026-11-23T12:00:00.005Z"},'
    assert canonical(row) == (head + '"detail":{"a":1.5,"b":null}}').encode()
    assert link(GENESIS, row) != link("1" * 64, row)


@given(st.integers(0, 30))
def test_an_untouched_chain_holds(count: int) -> None:
    """Of any length."""
    rows = rows_of(count)
    claims = [Claim(Fault.HEAD_DIFFERS, count, rows[-1]["hash"])] if rows else []
    assert walked(Log(rows, None), count, *claims) == []


@settings(max_examples=300)
@given(st.integers(1, 14), st.sampled_from(OF_ROWS), st.data())
def test_every_tampering_is_found_and_named(
    count: int, tamper: Callable[[Any, Log], None], data: st.DataObject
) -> None:
    """By number and id, and nothing else is."""
    log = Log(rows_of(count), None)
    claim = Claim(Fault.HEAD_DIFFERS, count, log.rows[-1]["hash"])
    tamper(data.draw, log)
    found = walked(log, count, claim)
    assert names(found) == log.named


def test_of_many_altered_rows_each_is_named() -> None:
    """Also where they are too many to be looked for among each other."""
    rows = rows_of(MOST_MOVED * 2)
    for row in rows:
        row["actor"] = "somebody else"
    found = walked(Log(rows, None), len(rows))
    assert [(one.fault, one.seq) for one in found] == [
        (Fault.ALTERED, seq) for seq in range(1, len(rows) + 1)
    ]


def test_a_head_that_was_kept_is_compared() -> None:
    """It holds where it is in the chain, however long that has grown; else it is named."""
    rows = rows_of(5)
    log = Log(rows, None)
    assert walked(log, 5, Claim(Fault.KEPT_DIFFERS, 3, rows[2]["hash"])) == []
    for seq, kept in ((3, rows[3]["hash"]), (6, rows[4]["hash"])):
        (found,) = walked(log, 5, Claim(Fault.KEPT_DIFFERS, seq, kept))
        assert (found.fault, found.seq) == (Fault.KEPT_DIFFERS, seq)


@pytest.fixture
async def chain(store: Store, tmp_path: Path) -> AuditChain:
    """An empty log, with a key."""
    await empty(store)
    return chain_of(store, load_signing_key(tmp_path / "signing.pem"))


async def empty(store: Store) -> None:
    for name in ("audit", "audit_heads"):
        await store.db[name].delete_many({})


async def written(count: int, *, start: int = 0) -> None:
    """So many acts."""
    for index in range(start, start + count):
        after = {"stage": "SEEN", "at": hub_clock.now()}
        act = Author("officer1", "OFFICER", "s", "phone").act("order.seen", f"{index}", after=after)
        await Audit().append(act)


async def sealed_log(store: Store, chain: AuditChain, count: int = SIZE) -> Log:
    await written(count)
    await chain.seal(100)
    rows = await store.db["audit"].find(sort=[("seq", 1)]).to_list()
    return Log(rows, await store.db["audit_heads"].find_one({}))


async def put(store: Store, log: Log) -> None:
    """The database as somebody has left it."""
    await empty(store)
    if log.rows:
        await store.db["audit"].insert_many(log.rows)
    if log.head is not None:
        await store.db["audit_heads"].insert_one(log.head)


async def found(chain: AuditChain, kept: tuple[int, str] | None = None) -> Verified:
    return await verify(chain, kept)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tamper=st.sampled_from([*OF_ROWS, forged]), data=st.data())
async def test_it_is_found_in_the_database_too(
    store: Store, chain: AuditChain, tamper: Callable[[Any, Log], None], data: st.DataObject
) -> None:
    """Every tampering with rows and with the head is named; before it, the log holds."""
    await empty(store)
    log = await sealed_log(store, chain)
    assert (await found(chain)).findings == ()
    tamper(data.draw, log)
    await put(store, log)
    assert names((await found(chain)).findings) == log.named


async def test_rows_are_numbered_by_their_time(store: Store, chain: AuditChain, clock) -> None:
    """1, 2, 3 ... in parts; what is written later with an earlier time comes behind."""
    await written(5)
    clock.advance(seconds=1)
    await written(2, start=5)
    assert [(await chain.seal(3))[0] for _ in range(4)] == [3, 3, 1, 0]
    clock.advance(seconds=-1)
    await written(1, start=7)
    await chain.seal(3)
    rows = await store.db["audit"].find(sort=[("seq", 1)]).to_list()
    assert [row["seq"] for row in rows] == list(range(1, 9))
    assert {row["target"] for row in rows[:5]} == {"0", "1", "2", "3", "4"}
    assert rows[7]["target"] == "7"
    before = GENESIS
    for row in rows:
        before = link(before, row)
        assert row["hash"] == before
    head = await chain.head()
    assert head is not None
    assert (head.seq, head.hash) == (8, before)
    assert not await chain.waits()


async def test_rows_from_before_there_was_a_chain_are_sealed(
    store: Store, chain: AuditChain
) -> None:
    """They have neither number nor hash, not even an empty one."""
    await store.db["audit"].insert_one({"_id": "old", "at": NOON, "actor": "watch", "action": "x"})
    assert await chain.waits()
    await chain.seal(10)
    assert (await found(chain)).findings == ()
    assert (await store.db["audit"].find_one({}) or {})["seq"] == 1


async def test_looking_for_rows_reads_none_that_are_sealed(store: Store, chain: AuditChain) -> None:
    """It is a look into an index that holds only what waits."""
    await sealed_log(store, chain, 50)
    explained = await store.db["audit"].find({"seq": None, "hash": None}).explain()
    stats = explained["executionStats"]
    assert (stats["totalKeysExamined"], stats["totalDocsExamined"]) == (0, 0)


async def test_what_waits_for_long_is_named(chain: AuditChain, clock) -> None:
    """Ten minutes are long: how many, and the oldest."""
    await written(2)
    assert (await found(chain)).findings == ()
    clock.advance(seconds=LONG.total_seconds() + 1)
    (finding,) = (await found(chain)).findings
    assert (finding.fault, finding.until) == (Fault.UNSEALED, 2)
    assert finding.id is not None


async def test_a_database_that_was_set_back_shows_by_a_kept_head(
    store: Store, chain: AuditChain
) -> None:
    """From inside it holds; the head of a later moment is not in it."""
    earlier = await sealed_log(store, chain)
    await written(3, start=SIZE)
    await chain.seal(100)
    head = await chain.head()
    assert head is not None
    kept = (head.seq, head.hash)
    assert (await found(chain, kept)).findings == ()
    await put(store, earlier)
    assert (await found(chain)).findings == ()
    assert names((await found(chain, kept)).findings) == {(Fault.KEPT_DIFFERS, SIZE + 3, None)}


async def test_another_key_is_found_and_nothing_is_sealed_behind_it(
    store: Store, chain: AuditChain, tmp_path: Path
) -> None:
    """A head by another key is not ours until it is signed anew, which is on the log."""
    await sealed_log(store, chain)
    other = chain_of(store, load_signing_key(tmp_path / "other.pem"))
    assert names((await found(other)).findings) == {(Fault.HEAD_FORGED, SIZE, None)}
    await written(1, start=SIZE)
    with pytest.raises(Exception, match="not signed by this hub"):
        await other.seal(10)
    assert await store.db["audit"].count_documents({"seq": None}) == 1
    signed = await other.sign_anew()
    assert signed is not None
    assert signed.seq == SIZE
    assert await other.sign_anew() == signed
    await other.seal(10)
    assert (await found(other)).findings == ()
    row: Row = await store.db["audit"].find_one({"action": "audit.headSigned"}) or {}
    assert (row["actor"], row["after"]["seq"], row["seq"]) == ("server shell", SIZE, SIZE + 2)


async def test_a_cut_tail_is_not_healed_by_sealing_on(store: Store, chain: AuditChain) -> None:
    """What is sealed afterwards goes on behind the head; the gap stays, and is named."""
    log = await sealed_log(store, chain)
    del log.rows[-2:]
    await put(store, log)
    await written(2, start=SIZE)
    await chain.seal(10)
    (finding,) = (await found(chain)).findings
    assert (finding.fault, finding.seq, finding.until) == (Fault.DROPPED, SIZE - 1, SIZE)


async def test_behind_a_head_that_is_gone_nothing_is_sealed(
    store: Store, chain: AuditChain
) -> None:
    """A second chain from 1 on is not begun."""
    log = await sealed_log(store, chain)
    log.head = None
    await put(store, log)
    await written(1, start=SIZE)
    with pytest.raises(Exception, match="stand behind the head"):
        await chain.seal(10)
    await chain.sign_anew()
    await chain.seal(10)
    assert (await found(chain)).findings == ()


def test_a_signature_is_over_all_that_the_head_says(store: Store, tmp_path: Path) -> None:
    """Another number, hash or moment is not what was signed."""
    chain = chain_of(store, load_signing_key(tmp_path / "signing.pem"))
    head = Head(1, "a", datetime(2026, 1, 1, tzinfo=UTC))
    signature = chain._sign(head)
    assert chain.ours(Head(head.seq, head.hash, head.at, signature))
    assert not chain.ours(Head(2, head.hash, head.at, signature))
    assert not chain.ours(Head(head.seq, "b", head.at, signature))
    assert not chain.ours(Head(head.seq, head.hash, head.at + timedelta(seconds=1), signature))
