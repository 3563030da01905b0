"""Rows that several look up at once are read in one call, and never from before they were asked."""

import asyncio
from collections.abc import Collection, Mapping

import pymongo
import pytest
from pymongo import _csot

from hub.operations import documents
from hub.store import together as together_module
from hub.store.documents import DOCUMENTS, TextDocument, UnitDoc, plain
from hub.store.driver import Store
from hub.store.together import Together


class Shelf:
    """Rows that are looked up, one call after the other, as slowly as the test wants."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        self.calls: list[set[str]] = []
        self.asked = asyncio.Event()
        self.go_on = asyncio.Event()

    async def find(self, keys: Collection[str]) -> Mapping[str, int]:
        found = {key: self.rows[key] for key in keys if key in self.rows}
        self.calls.append(set(keys))
        self.asked.set()
        await self.go_on.wait()
        return found


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


async def test_who_asks_meanwhile_shares_the_next_call(shelf: Shelf):
    """The call on its way has read already: what was written since is in the one after it."""
    together = Together(shelf.find)
    first = asyncio.create_task(together.of(["a"]))
    await shelf.asked.wait()
    shelf.rows["a"] = 1
    others = [asyncio.create_task(together.of(keys)) for keys in (["a", "b"], ["a"], ["c"])]
    await asyncio.sleep(0)
    shelf.go_on.set()
    assert await first == {}
    assert await asyncio.gather(*others) == [{"a": 1}, {"a": 1}, {}]
    assert shelf.calls == [{"a"}, {"a", "b", "c"}]


async def test_who_stops_waiting_takes_nothing_from_the_others(shelf: Shelf):
    """A caller that is cancelled leaves the call to those who share it."""
    together = Together(shelf.find)
    shelf.rows["a"] = 1
    leaving, staying = (asyncio.create_task(together.of(["a"])) for _ in range(2))
    await shelf.asked.wait()
    leaving.cancel()
    shelf.go_on.set()
    assert await staying == {"a": 1}
    assert len(shelf.calls) == 1


async def test_a_call_that_hangs_holds_up_nobody_behind_it(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
):
    """One dead connection costs who asked over it: the next call starts without its answer."""
    monkeypatch.setattr(together_module, "AHEAD", 0.01)
    together = Together(shelf.find)
    shelf.rows["b"] = 1
    hanging = asyncio.create_task(together.of(["a"]))
    await shelf.asked.wait()
    never, shelf.go_on = shelf.go_on, asyncio.Event()
    shelf.go_on.set()
    async with asyncio.timeout(30):
        assert await asyncio.gather(together.of(["b"]), together.of(["b"])) == [{"b": 1}] * 2
        assert await together.of(["b"]) == {"b": 1}
    assert shelf.calls == [{"a"}, {"b"}, {"b"}]
    assert not hanging.done()
    never.set()
    assert await hanging == {}


async def test_a_call_that_hangs_ends_before_its_callers_give_up(shelf: Shelf):
    """Its limit is its own, shorter than the five seconds a caller has."""
    limits: list[float | None] = []

    async def find(keys: Collection[str]) -> Mapping[str, int]:
        limits.append(_csot.get_timeout())
        return {}

    with pymongo.timeout(60):
        await Together(find).of(["a"])
    assert limits == [2.0]


async def test_a_call_that_fails_is_its_callers_alone():
    """All who shared it are told; the next is asked anew."""
    failing = Together(_refused)
    told = await asyncio.gather(failing.of(["a"]), failing.of(["b"]), return_exceptions=True)
    assert [type(one) for one in told] == [OSError, OSError]
    with pytest.raises(OSError, match=r"^c$"):
        await failing.of(["c"])


async def _refused(keys: Collection[str]) -> Mapping[str, int]:
    raise OSError(", ".join(sorted(keys)))


async def test_a_document_has_all_the_state_that_beanie_knows(store: Store):
    """What is made without Beanie's own way of it is stored, read and changed by Beanie as ever."""
    for document in (*DOCUMENTS, *documents()):
        assert issubclass(document, TextDocument)
        state = vars(document)["model_post_init"]
        assert state.__name__ == "_begin_state"
    unit = UnitDoc(id="STATE", name={"zh": "甲"}, kind="POLICE")
    assert set(unit.__pydantic_private__ or ()) == set(UnitDoc.__private_attributes__)
    await unit.insert()
    unit.note = "changed"
    await unit.save()
    found = await UnitDoc.get("STATE")
    assert found is not None
    assert plain(found) == plain(unit)
    await unit.delete()
    assert not hasattr(unit, "nothing_of_the_kind")
