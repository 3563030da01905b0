"""Attachments on both drivers, and rate limits."""

import asyncio
from uuid import uuid4

import pytest

from hub.errors import NotFound
from hub.store.driver import Store, Tx
from hub.store.motor_side import (
    Attachments,
    RateLimiter,
    forget_files,
    motor_attachments,
    pymongo_attachments,
)

PHOTO = bytes(range(256)) * 4096  # larger than one chunk of GridFS


@pytest.fixture(params=[motor_attachments, pymongo_attachments])
def attachments(request: pytest.FixtureRequest, store: Store) -> Attachments:
    """The contract holds on Motor and on PyMongo Async."""
    return request.param(store)


async def test_what_is_put_is_got(attachments: Attachments):
    """Bytes, type and owner come back as they were put."""
    name = await attachments.put(PHOTO, "image/jpeg", "officer1")
    found = await attachments.get(name)
    assert (found.content, found.content_type, found.owner) == (PHOTO, "image/jpeg", "officer1")


async def test_what_is_deleted_is_absent(attachments: Attachments):
    """A deleted attachment is not found, and cannot be deleted twice."""
    name = await attachments.put(b"x", "image/png", "officer1")
    await attachments.delete(name)
    with pytest.raises(NotFound):
        await attachments.get(name)
    with pytest.raises(NotFound):
        await attachments.delete(name)


async def test_a_name_that_is_given_is_kept_and_replaced(attachments: Attachments):
    """Under a name of ours there is one file, the last."""
    for content in (PHOTO, b"another"):
        assert await attachments.put(content, "image/jpeg", "officer1", name="ours") == "ours"
    assert (await attachments.get("ours")).content == b"another"
    await attachments.delete("ours")
    with pytest.raises(NotFound):
        await attachments.get("ours")


async def test_files_go_with_a_transaction_or_not_at_all(store: Store):
    """What is rolled back leaves them; what is committed leaves no byte of them."""
    files = motor_attachments(store)
    for name in ("gone", "stays"):
        await files.put(PHOTO, "image/jpeg", "officer1", name=name)

    class Abandoned(Exception):
        pass

    async def abandoned(tx: Tx) -> None:
        await forget_files(store, ["gone", "stays"], tx=tx)
        raise Abandoned

    with pytest.raises(Abandoned):
        await store.transaction(abandoned)
    assert (await files.get("gone")).content == PHOTO
    await store.transaction(lambda tx: forget_files(store, ["gone"], tx=tx))
    assert (await files.get("stays")).content == PHOTO
    with pytest.raises(NotFound):
        await files.get("gone")
    chunks = store.db["attachments.chunks"]
    assert await chunks.count_documents({"files_id": "gone"}) == 0


@pytest.mark.parametrize("name", ["", "nonsense", "0" * 24])
async def test_an_unknown_name_is_not_found(attachments: Attachments, name: str):
    """Names that are none of ours are answered as absent."""
    with pytest.raises(NotFound):
        await attachments.get(name)


async def test_either_driver_reads_the_others_files(store: Store):
    """What Motor stored PyMongo Async reads: leaving Motor moves no data."""
    name = await motor_attachments(store).put(PHOTO, "image/jpeg", "officer1")
    assert (await pymongo_attachments(store).get(name)).content == PHOTO


async def test_a_limit_is_shared_and_says_how_long_to_wait(store: Store):
    """Two limiters count one key together; past the limit the wait is known, other keys go on."""
    key = uuid4().hex
    limiters = [RateLimiter(store), RateLimiter(store)]
    answers = [await limiters[turn % 2].hit(key, limit=5, seconds=60) for turn in range(5)]
    assert answers == [None] * 5
    wait = await limiters[0].hit(key, limit=5, seconds=60)
    assert wait is not None
    assert 0 < wait <= 60
    assert await limiters[1].hit(uuid4().hex, limit=5, seconds=60) is None


async def test_a_burst_does_not_pass_the_limit(store: Store):
    """Of forty attempts at once no more than the limit are let through."""
    key, limiter = uuid4().hex, RateLimiter(store)
    answers = await asyncio.gather(*(limiter.hit(key, limit=7, seconds=60) for _ in range(40)))
    assert answers.count(None) == 7


async def test_first_hits_at_once_are_not_taken_for_too_many(store: Store):
    """Two phones of one officer signing in at once, on an empty window, both get through."""
    limiters = [RateLimiter(store), RateLimiter(store)]
    for key in (uuid4().hex for _ in range(50)):
        hits = (limiter.hit(key, limit=10, seconds=60) for limiter in limiters)
        assert await asyncio.gather(*hits) == [None, None]
