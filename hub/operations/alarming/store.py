"""Alarms (告警): who may see which, and the writes that raise, acknowledge and clear them."""

from collections.abc import Collection
from datetime import datetime
from functools import partial
from itertools import product
from typing import Any

from hub import clock
from hub.model.alarms import AlarmState
from hub.model.people import Role, Viewer
from hub.operations import conditions
from hub.operations.alarming.documents import ALARMS, AlarmDoc, state_of
from hub.store.documents import plain
from hub.store.driver import Store, Tx
from hub.store.faults import DuplicateKeyError
from hub.store.listing import NOTHING, Place, beyond, only
from hub.store.pending import pending, seen

_NEWEST = ("-raised_at", "-_id")


def visible_alarms(viewer: Viewer) -> dict[str, Any]:
    """The row policy of alarms, as a filter.

    The centre sees all, a liaison those of its unit's officers and orders, nobody else any.
    """
    if viewer.sees_everything:
        return {}
    if viewer.role is Role.LIAISON and viewer.unit is not None:
        return {"units": viewer.unit}
    return NOTHING


def of_kind(kind: str | None) -> dict[str, Any]:
    """The alarms of this kind, as a filter; of one that nobody declares: those of all such kinds.

    They are of capabilities that are gone. None: all.
    """
    if kind is None:
        return {}
    known = conditions()
    return {"kind": kind if kind in known else {"$nin": [*known]}}


def in_state(state: AlarmState | None) -> dict[str, Any]:
    """The alarms that stand so now, as a filter (`state_of`); None: all."""
    shelved = {"$gt": clock.now()}
    match state:
        case None:
            return {}
        case AlarmState.CLEARED:
            return {"active": False}
        case AlarmState.SHELVED:
            return {"active": True, "shelved_until": shelved}
        case AlarmState.ACTIVE | AlarmState.ACKNOWLEDGED:
            seen_to = None if state is AlarmState.ACTIVE else {"$ne": None}
            calls = {"shelved_until": {"$not": shelved}}
            return {"active": True, "acknowledged_at": seen_to, **calls}


class AlarmRepository:
    """Alarms. Methods with a `viewer` apply the row policy; the others are for the hub itself."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, alarm_id: str, viewer: Viewer, *, tx: Tx | None = None) -> AlarmDoc | None:
        """The alarm, or None if it is absent or not the viewer's to see."""
        query = {"$and": [{"_id": alarm_id}, visible_alarms(viewer)]}
        await seen(tx, ALARMS)
        return await AlarmDoc.find_one(query, session=tx)

    async def visible(self, viewer: Viewer, alarm_ids: Collection[str]) -> dict[str, AlarmDoc]:
        """Those of the alarms that the viewer may see, by id."""
        query = {"$and": [{"_id": {"$in": list(alarm_ids)}}, visible_alarms(viewer)]}
        return {alarm.id: alarm for alarm in await AlarmDoc.find(query).to_list()}

    async def page(
        self,
        viewer: Viewer,
        *,
        first: int,
        after: Place | None = None,
        active: bool | None = None,
        state: AlarmState | None = None,
        kind: str | None = None,
    ) -> list[AlarmDoc]:
        """At most `first` alarms, newest first by (raised_at, id), behind `after`.

        `active`: those whose condition holds, acknowledged or not; False: those that are cleared.
        """
        asked = {**only(active=active), **of_kind(kind)}
        terms = [visible_alarms(viewer), beyond(after, "raised_at"), in_state(state), asked]
        return await AlarmDoc.find({"$and": terms}).sort(*_NEWEST).limit(first).to_list()

    async def pressing(
        self,
        viewer: Viewer,
        *,
        first: int,
        active: bool | None = None,
        state: AlarmState | None = None,
        kind: str | None = None,
    ) -> list[AlarmDoc]:
        """As `page`, what a person must see before the rest: at most `first` of them.

        Those that hold before those that are cleared; of them those that nobody sees to, and last
        those that are shelved; then by kind (`conditions`), then the newest.
        """
        found = []
        if active is not False:
            terms = [visible_alarms(viewer), in_state(state), {"active": True}, of_kind(kind)]
            steps = [{"$match": {"$and": terms}}, *_most_pressing(), {"$limit": first}]
            rows = await AlarmDoc.get_pymongo_collection().aggregate(steps)
            found = [AlarmDoc.model_validate(row) async for row in rows]
        if active is not True and (room := first - len(found)):
            found += await self.page(viewer, first=room, active=False, state=state, kind=kind)
        return found

    async def active(
        self, alarm_ids: Collection[str] | None = None, *, tx: Tx | None = None
    ) -> list[AlarmDoc]:
        """Every alarm, or those of them, whose condition holds, as far as is known."""
        chosen = {} if alarm_ids is None else {"_id": {"$in": list(alarm_ids)}}
        await seen(tx, ALARMS)
        found = AlarmDoc.find({"active": True, **chosen}, session=tx).sort(*_NEWEST)
        return await found.to_list()

    async def holding(self, condition: str) -> AlarmDoc | None:
        """The active alarm of this condition, if there is one."""
        return await AlarmDoc.find_one({"active": True, "condition": condition})

    async def raise_(self, tx: Tx, alarm: AlarmDoc, *, counted: bool = True) -> bool:
        """Raise it; False when one of its condition is active: that one then says what this says.

        If more is concerned than before it calls anew, also who has acknowledged or shelved it.
        Where `counted` is False this one does not know how much is: what the active one says stays.
        That is written in any case, so that whoever clears it meanwhile looks again.
        """
        await seen(tx, ALARMS)
        holds = {"condition": alarm.condition, "active": True}
        known = await self._store.db[ALARMS].find_one(holds, session=tx)
        if known is None:
            pending(tx).insert(ALARMS, plain(alarm))
            return True
        change = _said(alarm) if counted else {"confirmed_at": alarm.confirmed_at}
        if alarm.parts > known["parts"]:
            change |= {**_UNSEEN, **_UNSHELVED}
        self._change(tx, known["_id"], change)
        return False

    def restate(self, tx: Tx, alarm: AlarmDoc, now: AlarmDoc) -> None:
        """Let an alarm read as active in `tx` say what `now` says; it calls nobody anew."""
        self._change(tx, alarm.id, _said(now))

    async def raise_alone(self, alarm: AlarmDoc) -> bool:
        """As `raise_`, of what no write goes with; False also when another process was first."""
        try:
            return await self._store.transaction(partial(self.raise_, alarm=alarm))
        except DuplicateKeyError:
            return False

    def clear(self, tx: Tx, alarm: AlarmDoc, *, at: datetime, because: str) -> None:
        """End an alarm that was read as active in `tx`."""
        change = {"active": False, "cleared_at": at, "cleared_because": because}
        self._change(tx, alarm.id, change)

    def acknowledge(self, tx: Tx, alarm: AlarmDoc, *, at: datetime, by: str) -> bool:
        """Note who sees to an alarm that was read in `tx`; False if somebody does already."""
        if alarm.acknowledged_at is not None:
            return False
        self._change(tx, alarm.id, {"acknowledged_at": at, "acknowledged_by": by})
        return True

    def shelve(self, tx: Tx, alarm: AlarmDoc, *, until: datetime, by: str, because: str) -> None:
        """Put an alarm that was read in `tx` aside; then it calls anew, whoever has seen to it."""
        shelf = {"shelved_until": until, "shelved_by": by, "shelved_because": because}
        self._change(tx, alarm.id, {**_UNSEEN, **shelf})

    def unshelve(self, tx: Tx, alarm: AlarmDoc) -> None:
        """Let an alarm that was read in `tx` call again."""
        self._change(tx, alarm.id, _UNSHELVED)

    async def standing(self) -> dict[tuple[str, AlarmState], int]:
        """How many hold now, of each kind and in each state, for the metrics."""
        holding = [state for state in AlarmState if state is not AlarmState.CLEARED]
        counted: dict[tuple[str, AlarmState], int] = dict.fromkeys(
            product(conditions(), holding), 0
        )
        read = {"kind": True, "active": True, "acknowledged_at": True, "shelved_until": True}
        async for row in self._store.db[ALARMS].find({"active": True}, read):
            place = row["kind"], state_of(row, clock.now())
            if place in counted:  # a kind that nobody declares any more is not
                counted[place] += 1
        return counted

    def _change(self, tx: Tx, alarm_id: str, fields: dict[str, Any]) -> None:
        pending(tx).update(ALARMS, alarm_id, {"$set": fields, "$inc": {"revision": 1}})


_UNSEEN = {"acknowledged_at": None, "acknowledged_by": None}
_UNSHELVED = {"shelved_until": None, "shelved_by": None, "shelved_because": None}


def _said(alarm: AlarmDoc) -> dict[str, Any]:
    fields = {"message", "next_step", "place", "parts", "units", "confirmed_at"}
    said: dict[str, Any] = alarm.model_dump(include=fields)
    return said


def _most_pressing() -> list[dict[str, Any]]:
    """What puts first what nobody sees to, last what is shelved, then by kind, the unknown last."""
    known = [*conditions()]
    place = {"$indexOfArray": [known, "$kind"]}
    rank = {"$cond": [{"$in": ["$kind", known]}, place, len(known)]}
    shelved = {"$gt": ["$shelved_until", clock.now()]}
    seen_to = {"$cond": [{"$eq": ["$acknowledged_at", None]}, 0, 1]}
    return [
        {"$set": {"seen_to": {"$cond": [shelved, 2, seen_to]}, "rank": rank}},
        {"$sort": {"seen_to": 1, "rank": 1, "raised_at": -1, "_id": -1}},
        {"$unset": ["seen_to", "rank"]},
    ]
