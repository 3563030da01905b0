"""How people could be reached with an order, before it is given: read, never decided upon."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub import clock
from hub.model.people import Viewer
from hub.operations.asking.documents import RECIPIENTS
from hub.operations.asking.store import visible_ledgers
from hub.operations.orders.asked import OrderAsked
from hub.store.devices import Devices, Positions
from hub.store.documents import AccountDoc, DeviceDoc, OfficerPositionDoc
from hub.store.driver import Store
from hub.store.people import Accounts

TRUSTED = timedelta(minutes=30)
"""A position older than this says nothing of where somebody is."""


@dataclass(frozen=True, slots=True)
class Reach:
    """One person: push channels of their phones, whether one of those listens, when it was heard.

    `woken_at`: when a push last woke one of them.

    `open_orders` are those the viewer may see. `position` is the last one of this duty, if it is
    young enough.
    """

    channels: frozenset[str]
    listening: bool
    heard_at: datetime | None
    woken_at: datetime | None
    open_orders: int
    position: OfficerPositionDoc | None


class Reaches:
    """Who can be reached, of those the viewer may list."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._accounts = Accounts(store)
        self._devices = Devices(store)
        self._positions = Positions()

    async def visible(self, viewer: Viewer, account_ids: Collection[str]) -> Mapping[str, Reach]:
        """By account; who is not the viewer's to list is absent."""
        accounts = await self._accounts.listed(viewer, account_ids)
        now = clock.now()
        phones: dict[str, list[DeviceDoc]] = {}
        for device in await self._devices.of_accounts(accounts):
            phones.setdefault(device.account_id, []).append(device)
        on_duty = [name for name, account in accounts.items() if account.duty.on]
        fixes = await self._positions.last_of(on_duty, since=now - TRUSTED)
        orders = await self._open_orders(viewer, accounts)
        return {
            name: Reach(
                channels=frozenset(
                    phone.push_channel for phone in phones.get(name, ()) if phone.push_channel
                ),
                listening=any(
                    phone.listens_until is not None and phone.listens_until > now
                    for phone in phones.get(name, ())
                ),
                heard_at=max((phone.seen_at for phone in phones.get(name, ())), default=None),
                woken_at=max(
                    (phone.woken_at for phone in phones.get(name, ()) if phone.woken_at),
                    default=None,
                ),
                open_orders=orders.get(name, 0),
                position=_of_this_duty(account, fixes.get(name)),
            )
            for name, account in accounts.items()
        }

    async def _open_orders(self, viewer: Viewer, accounts: Collection[str]) -> dict[str, int]:
        mine: dict[str, Any] = {
            "account_id": {"$in": [*accounts]},
            "subject_kind": OrderAsked.kind,
            "stage": {"$nin": [*OrderAsked.ended]},
        }
        found = await self._store.db[RECIPIENTS].aggregate(
            [
                {"$match": {"$and": [mine, visible_ledgers(viewer)]}},
                {"$group": {"_id": "$account_id", "count": {"$sum": 1}}},
            ]
        )
        return {row["_id"]: row["count"] async for row in found}


def _of_this_duty(account: AccountDoc, fix: OfficerPositionDoc | None) -> OfficerPositionDoc | None:
    since = account.duty.since
    return fix if fix is not None and since is not None and fix.at >= since else None
