"""Accounts (账号) and units (成员单位), and who may see which of them."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from pymongo import UpdateOne
from pymongo.errors import DuplicateKeyError

from hub import clock
from hub.errors import UserFault
from hub.model.area import Area
from hub.model.people import CENTRE, Role, Viewer
from hub.store.audit import SHELL, Audit, Author
from hub.store.documents import AccountDoc, Duty, NameDoc, UnitDoc, plain
from hub.store.driver import Store, Tx
from hub.store.pending import pending, seen

ACCOUNTS = "accounts"
AccountKey = tuple[str | None, str, str]
"""A place in the listing of accounts: unit, login, id."""


class Accounts:
    """Repository of accounts.

    Methods that take a `viewer` apply the row policy; the others are for the hub's own decisions
    and their results never go to a caller unasked.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def by_login(self, login: str, *, tx: Tx | None = None) -> AccountDoc | None:
        """The account with this login, active or not."""
        return await AccountDoc.find_one({"login": login}, session=tx)

    async def by_id(self, account_id: str, *, tx: Tx | None = None) -> AccountDoc | None:
        """The account with this id, active or not."""
        if tx is not None:
            row = await pending(tx).row(ACCOUNTS, account_id)
        else:
            row = await self._store.db[ACCOUNTS].find_one({"_id": account_id})
        return AccountDoc.model_validate(row) if row else None

    async def by_logins_or_ids(
        self, names: Collection[str], *, tx: Tx | None = None
    ) -> dict[str, AccountDoc]:
        """Active accounts by the login or id they were asked for; unknown names are absent."""
        known = pending(tx).loaded(ACCOUNTS, names) if tx is not None else {}
        rows = [row for row in known.values() if row["active"]]
        found = {row["_id"] for row in rows}
        if wanted := [name for name in names if name not in found]:
            rows += await self._active(wanted, tx)
        by_name = {row["login"]: row for row in rows} | {row["_id"]: row for row in rows}
        return {name: AccountDoc.model_validate(by_name[name]) for name in names if name in by_name}

    async def _active(self, wanted: list[str], tx: Tx | None) -> list[dict[str, Any]]:
        query = {"active": True, "$or": [{"_id": {"$in": wanted}}, {"login": {"$in": wanted}}]}
        await seen(tx, ACCOUNTS)
        return await self._store.db[ACCOUNTS].find(query, session=tx).to_list()

    async def by_ids(self, account_ids: Collection[str]) -> dict[str, AccountDoc]:
        """Accounts by id, active or not."""
        rows = self._store.db[ACCOUNTS].find({"_id": {"$in": list(account_ids)}})
        return {row["_id"]: AccountDoc.model_validate(row) async for row in rows}

    async def visible(self, viewer: Viewer, account_ids: Collection[str]) -> dict[str, AccountDoc]:
        """Those of the accounts that the viewer may see, by id.

        Whoever is of ours may know who at the centre has given an order; they are not listed.
        """
        query = {"$and": [_known(viewer), {"_id": {"$in": list(account_ids)}}]}
        return {account.id: account for account in await AccountDoc.find(query).to_list()}

    async def directory(self, viewer: Viewer, *, most: int) -> list[AccountDoc]:
        """At most so many active people whom the viewer may see, by (unit, login, id)."""
        people = {"active": True, "role": {"$nin": [Role.PARTNER, Role.WALL]}}
        found = AccountDoc.find({"$and": [_known(viewer), people]}).sort("unit", "login", "_id")
        return await found.limit(most).to_list()

    async def listed(self, viewer: Viewer, account_ids: Collection[str]) -> dict[str, AccountDoc]:
        """Those of the accounts that would be listed for the viewer, by id, active or not."""
        query = {"$and": [_rows(viewer), {"_id": {"$in": list(account_ids)}}]}
        return {account.id: account for account in await AccountDoc.find(query).to_list()}

    async def list_(
        self,
        viewer: Viewer,
        *,
        first: int,
        after: AccountKey | None = None,
        roles: Collection[Role] | None = None,
        unit: str | None = None,
        on_duty: bool | None = None,
        revoked_too: bool = False,
    ) -> list[AccountDoc]:
        """At most `first` active accounts that the viewer may see, by (unit, login, id).

        `revoked_too`: also those that were revoked.
        """
        terms: list[dict[str, Any]] = [_rows(viewer), *([] if revoked_too else [{"active": True}])]
        if after is not None:
            terms.append(_beyond(after))
        if roles is not None:
            terms.append({"role": {"$in": list(roles)}})
        if unit is not None:
            terms.append({"unit": unit})
        if on_duty is not None:
            terms.append({"duty.on": on_duty})
        found = AccountDoc.find({"$and": terms}).sort("unit", "login", "_id")
        return await found.limit(first).to_list()

    async def duty_counts(self, viewer: Viewer) -> list[dict[str, Any]]:
        """By unit, of the active officers that the viewer may see: `officers`, and `on_duty`."""
        mine = {"$and": [_rows(viewer), {"active": True, "role": Role.OFFICER}]}
        on = {"$sum": {"$cond": ["$duty.on", 1, 0]}}
        counted = {"_id": "$unit", "officers": {"$sum": 1}, "on_duty": on}
        steps: list[dict[str, Any]] = [
            {"$match": mine},
            {"$group": counted},
            {"$sort": {"_id": 1}},
        ]
        return await (await self._store.db[ACCOUNTS].aggregate(steps)).to_list()

    async def add(
        self,
        *,
        login: str,
        password_hash: str,
        role: Role,
        name: NameDoc,
        unit: str | None = None,
        by: Author = SHELL,
    ) -> AccountDoc:
        """A new account; its login is its id too. `by`: whose act it is, for the audit log.

        Raises UserFault LOGIN_TAKEN if there is one already.
        """
        account = AccountDoc(
            id=login,
            login=login,
            password_hash=password_hash,
            role=role,
            unit=unit,
            name=name,
            created_at=clock.now(),
        )
        after = {"login": login, "role": role.value, "unit": unit, "name": name.model_dump()}

        async def work(tx: Tx) -> None:
            pending(tx).insert(ACCOUNTS, plain(account))
            act = by.act("account.added", account.id, after=after)
            await Audit().append(act, tx=tx)

        try:
            await self._store.transaction(work)
        except DuplicateKeyError as error:
            raise UserFault(
                "LOGIN_TAKEN", f"登录名已存在 / The login {login!r} is taken.", path=("login",)
            ) from error
        return account

    async def set_duty(self, account_id: str, duty: Duty, *, tx: Tx | None = None) -> bool:
        """Sign an officer in to duty or out of it (勤务签到); False if there is no such account.

        With `tx` it is written with the rest, for an account that was read there.
        """
        change = {"$set": {"duty": duty.model_dump()}}
        if tx is not None:
            pending(tx).update(ACCOUNTS, account_id, change)
            return True
        done = await self._store.db[ACCOUNTS].update_one({"_id": account_id}, change)
        return bool(done.matched_count)

    async def rehash(self, account: AccountDoc, password_hash: str) -> None:
        """Replace the stored hash by another of the same password, unless that has changed."""
        await AccountDoc.get_pymongo_collection().update_one(
            {"_id": account.id, "password_hash": account.password_hash},
            {"$set": {"password_hash": password_hash}},
        )

    def set_secret(
        self, account: AccountDoc, secret_hash: str, *, former_until: datetime | None, tx: Tx
    ) -> None:
        """A partner's new secret; the one before is good until `former_until`, None: no longer."""
        former = account.password_hash if former_until is not None else None
        change = {
            "password_hash": secret_hash,
            "former_hash": former,
            "former_until": former_until,
        }
        pending(tx).update(ACCOUNTS, account.id, {"$set": change})

    async def set_active(self, account_id: str, active: bool, *, tx: Tx | None = None) -> bool:
        """Let an account in, or keep it out; False if there is no such account."""
        done = await AccountDoc.get_pymongo_collection().update_one(
            {"_id": account_id}, {"$set": {"active": active}}, session=tx
        )
        return bool(done.matched_count)

    async def demo_hash(self) -> str | None:
        """The password hash that the demonstration accounts share, if there are any."""
        known = await AccountDoc.find_one({"demo": True})
        return None if known is None else known.password_hash

    async def seed_demo(self, people: Iterable[AccountDoc], password_hash: str) -> None:
        """Make those that are missing; all have this password afterwards, the others their duty."""
        rows = AccountDoc.get_pymongo_collection()
        await rows.update_many({"demo": True}, {"$set": {"password_hash": password_hash}})
        made = [
            UpdateOne(
                {"_id": person.id},
                {"$setOnInsert": person.model_dump(exclude={"id", "revision_id"})},
                upsert=True,
            )
            for person in people
        ]
        await rows.bulk_write(made, ordered=False)


class Units:
    """Repository of member units. Everybody signed in may see them all."""

    async def all(self) -> list[UnitDoc]:
        """Every unit, by code."""
        return await UnitDoc.find_all().sort("_id").to_list()

    async def by_codes(self, codes: Collection[str]) -> dict[str, UnitDoc]:
        """Units by code; unknown codes are absent."""
        found = await UnitDoc.find({"_id": {"$in": list(codes)}}).to_list()
        return {unit.id: unit for unit in found}

    async def seed(self, area: Area) -> None:
        """Bring the stored units in line with the area file; units it no longer lists are kept."""
        await _upsert(
            UnitDoc(
                id=unit.code,
                name=NameDoc(zh=unit.name.zh, en=unit.name.en),
                kind=unit.kind,
                note=unit.note,
            )
            for unit in area.units
        )


async def _upsert(units: Iterable[UnitDoc]) -> None:
    changes = [
        UpdateOne(
            {"_id": unit.id},
            {"$set": unit.model_dump(exclude={"id", "revision_id"})},
            upsert=True,
        )
        for unit in units
    ]
    if changes:
        await UnitDoc.get_pymongo_collection().bulk_write(changes, ordered=False)


def _rows(viewer: Viewer) -> dict[str, Any]:
    """The row policy of accounts: the centre all, a unit its officers, everybody themselves."""
    if viewer.sees_everything:
        return {}
    itself = {"_id": viewer.account_id}
    if viewer.role in {Role.LIAISON, Role.PARTNER} and viewer.unit is not None:
        return {"$or": [itself, {"unit": viewer.unit, "role": Role.OFFICER}]}
    return itself


def _known(viewer: Viewer) -> dict[str, Any]:
    """Who may be named to the viewer: of ours, also those at the centre, who are not listed."""
    mine = _rows(viewer)
    if mine and viewer.role is not Role.PARTNER:
        return {"$or": [mine, {"role": {"$in": [*CENTRE]}}]}
    return mine


def _beyond(key: AccountKey) -> dict[str, Any]:
    unit, login, account_id = key
    within: dict[str, Any] = {
        "unit": unit,
        "$or": [{"login": {"$gt": login}}, {"login": login, "_id": {"$gt": account_id}}],
    }
    # null sorts first, and MongoDB's $gt never crosses from null to text
    later: dict[str, Any] = {"unit": {"$ne": None} if unit is None else {"$gt": unit}}
    return {"$or": [within, later]}
