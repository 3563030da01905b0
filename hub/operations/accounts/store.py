"""Accounts and sessions as an administrator sees them; nobody else sees any."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from hub import clock
from hub.model.people import Role, Viewer
from hub.store.devices import Devices, device_key
from hub.store.documents import AccountDoc, DeviceDoc, SessionDoc, UnitDoc
from hub.store.driver import Store
from hub.store.listing import NOTHING, Place, beyond, only

LOOKED_FOR = 64
"""Letters of a text that accounts are looked for by; more are left out."""


def administered(viewer: Viewer) -> dict[str, Any]:
    """The row policy, as a filter: an administrator all, others nothing."""
    return {} if viewer.role is Role.ADMIN else NOTHING


class AccountRows:
    """Repository of accounts, whoever they are of and whether or not they may sign in."""

    def __init__(self, store: Store) -> None:
        self._devices = Devices(store)

    async def visible(self, viewer: Viewer, ids: Collection[str]) -> dict[str, AccountDoc]:
        """Those of the accounts that the viewer may see, by id."""
        query = {"$and": [administered(viewer), {"_id": {"$in": [*ids]}}]}
        return {account.id: account for account in await AccountDoc.find(query).to_list()}

    async def page(
        self,
        viewer: Viewer,
        *,
        first: int,
        after: Place | None = None,
        roles: Collection[Role] | None = None,
        unit: str | None = None,
        active: bool | None = None,
        text: str | None = None,
    ) -> list[AccountDoc]:
        """At most `first` accounts, newest first, behind `after`.

        `text` is part of the login, a name or the unit, in letters large or small; blanks in it may
        be missing, or more.
        """
        chosen = {"$in": [*roles]} if roles is not None else None
        asked = only(role=chosen, unit=unit, active=active)
        called = await _called(text) if text is not None else {}
        terms = {"$and": [administered(viewer), asked, called, beyond(after, "created_at")]}
        return await AccountDoc.find(terms).sort("-created_at", "-_id").limit(first).to_list()


class SessionRows:
    """Repository of sessions that stand: neither ended nor run out."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def visible(self, viewer: Viewer, ids: Collection[str]) -> dict[str, SessionDoc]:
        """Those of the sessions that the viewer may see, by id."""
        query = {"$and": [administered(viewer), _standing(), {"_id": {"$in": [*ids]}}]}
        return {session.id: session for session in await SessionDoc.find(query).to_list()}

    async def page(
        self, viewer: Viewer, *, first: int, after: Place | None = None, account: str | None = None
    ) -> list[SessionDoc]:
        """At most `first` sessions, newest first, behind `after`."""
        asked = only(account_id=account)
        terms = {"$and": [administered(viewer), asked, _standing(), beyond(after, "created_at")]}
        return await SessionDoc.find(terms).sort("-created_at", "-_id").limit(first).to_list()


class DeviceRows:
    """Repository of the phones that sessions are on."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def visible(self, viewer: Viewer, ids: Collection[str]) -> dict[str, DeviceDoc]:
        """Those of the phones that the viewer may see, by their rows' ids."""
        query = {"$and": [administered(viewer), {"_id": {"$in": [*ids]}}]}
        return {device.id: device for device in await DeviceDoc.find(query).to_list()}


def device_of(session: Mapping[str, Any]) -> str | None:
    """The id of the row of the phone that a session is on; None for one on none."""
    device: str | None = session.get("device_id")
    return None if device is None else device_key(session["account_id"], device)


_NOBODY: Final[dict[str, Any]] = {"_id": {"$in": []}}


async def _called(text: str) -> dict[str, Any]:
    if not all(letter.isprintable() for letter in "".join(text.split())):
        return _NOBODY  # no name has such a letter, and no pattern may
    letters = [re.escape(letter) for letter in "".join(text.split())[:LOOKED_FOR]]
    if not letters:
        return {}
    wanted = {"$regex": r"\s*".join(letters), "$options": "i"}
    units = UnitDoc.find({"$or": [{name: wanted} for name in ("_id", "name.zh", "name.en")]})
    codes = [unit.id async for unit in units]
    ways = [{name: wanted} for name in ("login", "name.zh", "name.en")]
    return {"$or": [*ways, {"unit": {"$in": codes}}]}


def _standing() -> dict[str, Any]:
    now: datetime = clock.now()
    return {"revoked_at": None, "expires_at": {"$gt": now}}
