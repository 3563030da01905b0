"""Phones (设备): which one belongs to whom, how to wake it, and where it was."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pymongo import UpdateOne

from hub import clock
from hub.model.people import Principal, Role, Viewer
from hub.store.audit import Audit, Author
from hub.store.documents import AccountDoc, DeviceDoc, OfficerPositionDoc
from hub.store.driver import Store, Tx
from hub.store.pending import pending
from hub.store.together import Together

DEVICES = "devices"
_ADDRESSES = ("push_token", "push_fid", "push_subscription")
HEARD_EVERY = timedelta(seconds=60)
"""How exactly it is noted that a phone was heard from."""


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """What a phone says of itself at sign-in. `id` is made by the app and kept by it.

    `refresh_token` is the last one it was given, if it was ever signed in: it proves the id.
    """

    id: str
    platform: str
    model: str | None = None
    app_version: str | None = None
    locale: str = "zh-CN"
    refresh_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PushAddress:
    """How to wake a device: a channel's name and exactly one of the three."""

    channel: str
    token: str | None = None
    fid: str | None = None
    subscription: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Fix:
    """One position from a phone: its own time for it, WGS-84 degrees, metres, share of battery."""

    at: datetime
    lat: float
    lon: float
    accuracy_m: float | None = None
    battery: float | None = None


def device_key(account_id: str, device_id: str) -> str:
    """The id of a device's row: the same phone is another row for another person."""
    return f"{account_id}:{device_id}"


class Devices:
    """Repository of devices."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._channels = Together(self._channels_of)

    async def register(self, account_id: str, device: DeviceInfo, *, tx: Tx | None = None) -> None:
        """Note that the account uses this phone; its push address, if any, stays."""
        row = DeviceDoc(
            id=device_key(account_id, device.id),
            account_id=account_id,
            device_id=device.id,
            platform=device.platform,
            model=device.model,
            app_version=device.app_version,
            locale=device.locale,
            seen_at=clock.now(),
        )
        push = {"push_channel", "woken_at", "listens_until", *_ADDRESSES}
        await DeviceDoc.get_pymongo_collection().update_one(
            {"_id": row.id},
            {
                "$set": row.model_dump(exclude={"id", "revision_id"} | push),
                "$setOnInsert": dict.fromkeys(sorted(push)),
            },
            upsert=True,
            session=tx,
        )

    async def set_push(
        self,
        account_id: str,
        device_id: str,
        address: PushAddress,
        *,
        by: Author | None = None,
    ) -> bool:
        """Give a device its push address and take the same address away from every other device.

        `by`: whose act it is, for the audit log; else the account's, from that device. Giving it
        what it has is none. False if the account has no such device.
        """
        author = by or Author(account_id, device=device_id)
        rows = DeviceDoc.get_pymongo_collection()
        mine = device_key(account_id, device_id)
        wanted = {
            "push_channel": address.channel,
            "push_token": address.token,
            "push_fid": address.fid,
            "push_subscription": address.subscription,
        }

        async def move(tx: Tx) -> bool:
            had = await rows.find_one({"_id": mine}, session=tx)
            if had is None:
                return False
            others = {**_same(address), "_id": {"$ne": mine}}
            taken = [row["_id"] async for row in rows.find(others, {"_id": 1}, session=tx)]
            await rows.update_many(others, _CLEAR, session=tx)
            before, after = _said(had), _said(wanted)
            unproven = {} if before == after else {"woken_at": None}
            change = {"$set": {**wanted, **unproven, "seen_at": clock.now()}}
            await rows.update_one({"_id": mine}, change, session=tx)
            if taken or before != after:
                detail = {"taken_from": taken}
                act = author.act("push.registered", mine, before=before, after=after, detail=detail)
                await Audit().append(act, tx=tx)
            return True

        return await self._store.transaction(move)

    async def heard(self, account_id: str, device_id: str, *, listening: bool = False) -> None:
        """Note that the phone was heard from, at most every `HEARD_EVERY`.

        `listening`: it holds an event stream open, which is believed for half as long again.
        """
        now = clock.now()
        stale = "listens_until" if listening else "seen_at"
        until = now + HEARD_EVERY / 2 if listening else now - HEARD_EVERY
        change = {"seen_at": now} | (
            {"listens_until": now + HEARD_EVERY * 1.5} if listening else {}
        )
        await DeviceDoc.get_pymongo_collection().update_one(
            {
                "_id": device_key(account_id, device_id),
                "$or": [{stale: None}, {stale: {"$lt": until}}],
            },
            {"$set": change},
        )

    async def silence(self, account_id: str, device_id: str, *, tx: Tx) -> None:
        """Forget how to wake a device: its person has signed out."""
        pending(tx).update(DEVICES, device_key(account_id, device_id), _SILENT)

    async def silence_all(self, account_id: str, *, tx: Tx) -> list[str]:
        """Forget how to wake any phone of an account; the ids of those that could be woken."""
        rows = DeviceDoc.get_pymongo_collection()
        woken = {"account_id": account_id, "push_channel": {"$ne": None}}
        silenced = [row["_id"] async for row in rows.find(woken, {"_id": 1}, session=tx)]
        pending(tx).update_all(DEVICES, {"_id": {"$in": silenced}}, _SILENT)
        return silenced

    async def forget_address(self, device: DeviceDoc) -> bool:
        """Remove an address that the vendor no longer knows, unless it was replaced meanwhile."""
        current = {name: getattr(device, name) for name in _ADDRESSES}
        done = await DeviceDoc.get_pymongo_collection().update_one(
            {"_id": device.id, **current}, _CLEAR
        )
        return bool(done.modified_count)

    async def one(self, account_id: str, device_id: str) -> DeviceDoc | None:
        """A phone of the account."""
        return await DeviceDoc.find_one({"_id": device_key(account_id, device_id)})

    async def of_account(self, account_id: str) -> list[DeviceDoc]:
        """The phones of one account, the one seen last first."""
        return await DeviceDoc.find({"account_id": account_id}).sort("-seen_at").to_list()

    async def of_accounts(self, account_ids: Collection[str]) -> list[DeviceDoc]:
        """The phones of several accounts."""
        rows = DeviceDoc.get_pymongo_collection().find({"account_id": {"$in": list(account_ids)}})
        return [DeviceDoc.model_validate(row) async for row in rows]

    async def channels_of(
        self, account_ids: Collection[str], *, tx: Tx | None = None
    ) -> dict[str, set[str]]:
        """The push channels of each account's phones; who has none is absent."""
        if tx is None:
            return await self._channels.of(account_ids)
        return await self._channels_of(account_ids, tx)

    async def _channels_of(
        self, account_ids: Collection[str], tx: Tx | None = None
    ) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        rows = DeviceDoc.get_pymongo_collection().find(
            {"account_id": {"$in": list(account_ids)}, "push_channel": {"$ne": None}},
            {"account_id": True, "push_channel": True},
            session=tx,
        )
        async for row in rows:
            found.setdefault(row["account_id"], set()).add(row["push_channel"])
        return found


class Positions:
    """Repository of where officers on duty were (定位). The caller sees to "on duty"."""

    async def add(
        self, account_id: str, unit: str | None, device_id: str | None, fixes: Sequence[Fix]
    ) -> None:
        """Keep the fixes; one that is already there (same account, same time) changes nothing."""
        now = clock.now()
        rows = [
            OfficerPositionDoc(
                id=f"{account_id}:{fix.at.timestamp():.3f}",
                account_id=account_id,
                unit=unit,
                device_id=device_id,
                at=fix.at,
                received_at=now,
                location={"type": "Point", "coordinates": [fix.lon, fix.lat]},
                accuracy_m=fix.accuracy_m,
                battery=fix.battery,
            )
            for fix in fixes
        ]
        if rows:
            await OfficerPositionDoc.get_pymongo_collection().bulk_write(
                [
                    UpdateOne(
                        {"_id": row.id},
                        {"$setOnInsert": row.model_dump(exclude={"id", "revision_id"})},
                        upsert=True,
                    )
                    for row in rows
                ],
                ordered=False,
            )

    async def last_of(
        self, account_ids: Collection[str], *, since: datetime
    ) -> dict[str, OfficerPositionDoc]:
        """The last position of each account, of those since then."""
        rows = await OfficerPositionDoc.get_pymongo_collection().aggregate(
            [
                {"$match": {"account_id": {"$in": [*account_ids]}, "at": {"$gte": since}}},
                {"$sort": {"account_id": 1, "at": -1}},
                {"$group": {"_id": "$account_id", "last": {"$first": "$$ROOT"}}},
            ]
        )
        return {row["_id"]: OfficerPositionDoc.model_validate(row["last"]) async for row in rows}

    async def latest(self, account_id: str, *, limit: int) -> list[OfficerPositionDoc]:
        """The last positions of one account, newest first."""
        rows = OfficerPositionDoc.find({"account_id": account_id})
        return await rows.sort("-at").limit(limit).to_list()

    async def whereabouts(
        self, by: Principal, account_ids: Collection[str]
    ) -> dict[str, OfficerPositionDoc]:
        """Where those of them who are on duty were last, of whom the caller may know it.

        Nothing from before this duty. A look at another person is on the audit log before anything
        is told, once a minute for each who looks and each who is looked at.
        """
        terms = [locatable(by.viewer), {"_id": {"$in": list(account_ids)}}]
        people = AccountDoc.find({"$and": [*terms, {"active": True, "duty.on": True}]})
        since = {person.id: person.duty.since async for person in people}
        last = await self._last([*since])
        found = {key: row for key, row in last.items() if row.at >= (since[key] or row.at)}
        await self.looked(by, found)
        return found

    async def looked(self, by: Principal, account_ids: Collection[str]) -> None:
        """Write down that somebody looks where these people are, or how far they are away."""
        minute = f"{clock.now():%Y%m%dT%H%M}"
        author = Author.of(by)
        await Audit().append_once(
            {
                f"{LOCATED}:{by.account_id}:{other}:{minute}": author.act(LOCATED, other)
                for other in account_ids
                if other != by.account_id
            }
        )

    async def _last(self, account_ids: Collection[str]) -> dict[str, OfficerPositionDoc]:
        steps: list[dict[str, Any]] = [
            {"$match": {"account_id": {"$in": list(account_ids)}}},
            {"$sort": {"account_id": 1, "at": -1}},
            {"$group": {"_id": "$account_id", "last": {"$first": "$$ROOT"}}},
        ]
        rows = await OfficerPositionDoc.get_pymongo_collection().aggregate(steps)
        return {row["_id"]: OfficerPositionDoc.model_validate(row["last"]) async for row in rows}


LOCATED = "officer.located"
"""What the audit log calls a look at where somebody is."""


def locatable(viewer: Viewer) -> dict[str, Any]:
    """The row policy of positions: the centre all, a liaison its officers, all themselves."""
    if viewer.sees_everything:
        return {}
    itself = {"_id": viewer.account_id}
    if viewer.role is Role.LIAISON and viewer.unit is not None:
        return {"$or": [itself, {"unit": viewer.unit, "role": Role.OFFICER}]}
    return itself


_CLEAR: dict[str, Any] = {"$set": dict.fromkeys(("push_channel", "woken_at", *_ADDRESSES))}
_SILENT: dict[str, Any] = {"$set": {**_CLEAR["$set"], "listens_until": None}}


def _said(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit log says of an address: which channel, and by its digest which one."""
    known = [row[name] for name in _ADDRESSES if row[name] is not None]
    digest = hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()
    return {"channel": row["push_channel"], "address": digest if known else None}


def _same(address: PushAddress) -> dict[str, Any]:
    if address.token is not None:
        return {"push_channel": address.channel, "push_token": address.token}
    if address.fid is not None:
        return {"push_channel": address.channel, "push_fid": address.fid}
    endpoint = (address.subscription or {}).get("endpoint")
    return {"push_channel": address.channel, "push_subscription.endpoint": endpoint}
