import pytest

from hub.store.driver import Store


async def test_a_store_answers_and_can_be_written(store: Store):
    """An open store has a writable primary and the server's own time."""
    await store.ping()
    assert (await store.server_time()).tzinfo is not None


async def test_a_failed_transaction_leaves_nothing(store: Store):
    """What a transaction wrote before it failed is not there afterwards."""

    async def work(tx):
        await store.db.rollback.insert_one({"_id": "a"}, session=tx)
        message = "no"
        raise ValueError(message)

    with pytest.raises(ValueError, match="no"):
        await store.transaction(work)
    assert await store.db.rollback.count_documents({}) == 0
