"""An audience (接收范围): units, persons, everybody on duty; who that is when it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from hub.errors import UserFault
from hub.model.people import Scope, Viewer
from hub.operations import checks
from hub.operations.asking.ladder import can_be_asked
from hub.operations.desk import Desk
from hub.store.driver import Store, Tx
from hub.store.pending import seen
from hub.store.people import ACCOUNTS

MOST_NAMED = 200
"""Units, and persons, that an audience may name."""
MOST = 10_000
"""Persons in an audience: all their names are in one document."""
_MAY_ANSWER = {"active": True, "role": {"$in": sorted(Scope.FIELD_WORK.roles)}}
CODES: dict[str, tuple[str, str]] = {
    "AUDIENCE_EMPTY": (
        "接收范围内无人",
        "Nobody is in the audience: name units, officers, or all on duty.",
    ),
    "AUDIENCE_COUNT": ("接收范围过大", "Too many are named, or in the audience."),
}


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom somebody means, as they said it and as far as that was checked."""

    units: tuple[str, ...] = ()
    officers: tuple[str, ...] = ()
    all_on_duty: bool = False

    def __bool__(self) -> bool:
        return bool(self.units or self.officers or self.all_on_duty)


class Meant(NamedTuple):
    """Somebody in an audience: the account's id, and its unit."""

    id: str
    unit: str | None


def audience_of(
    units: Sequence[str] = (), officers: Sequence[str] = (), *, all_on_duty: bool = False
) -> Audience:
    """Check what a caller says. Raises UserFault AUDIENCE_COUNT, BAD_ID."""
    for path, named in (("units", units), ("officers", officers)):
        if len(named) > MOST_NAMED:
            words = f"最多 {MOST_NAMED} 项 / audience.{path}: at most {MOST_NAMED}."
            raise UserFault("AUDIENCE_COUNT", words, path=("audience", path))
    return Audience(_once(units, "units"), _once(officers, "officers"), all_on_duty)


async def people_in(
    desk: Desk, tx: Tx, audience: Audience, viewer: Viewer, *, without: str
) -> list[Meant]:
    """Who is to be asked: `anybody_in` it, and somebody there is. Raises AUDIENCE_EMPTY too."""
    return _somebody(await anybody_in(desk, tx, audience, viewer, without=without))


async def anybody_in(
    desk: Desk, tx: Tx, audience: Audience, viewer: Viewer, *, without: str
) -> list[Meant]:
    """Everybody in it who may answer, once each: who is named first, then by unit and login.

    Of units that is everybody, on duty or not, but for `without`, who asks; it may be nobody.
    Raises UserFault UNIT_UNKNOWN, RECIPIENT_UNKNOWN, RECIPIENT_ROLE, AUDIENCE_COUNT.
    """
    known_units = await desk.units.by_codes(audience.units)
    for place, unit in enumerate(audience.units):
        if unit not in known_units:
            words = f"无此单位 / No unit {unit!r}."
            raise UserFault("UNIT_UNKNOWN", words, path=("audience", "units", str(place)))
    known = await desk.accounts.by_logins_or_ids(audience.officers, tx=tx)
    found: dict[str, Meant] = {}
    for place, name in enumerate(audience.officers):
        path = ("audience", "officers", str(place))
        if (account := known.get(name)) is None:
            words = f"无此人员 / Nobody is called {name!r}."
            raise UserFault("RECIPIENT_UNKNOWN", words, path=path)
        if not can_be_asked(account):
            if not viewer.sees_everything:  # whose logins these are is not theirs to find out
                words = f"无此人员 / Nobody is called {name!r}."
                raise UserFault("RECIPIENT_UNKNOWN", words, path=path)
            words = f"该账号不能接收 / {name!r} is neither officer nor liaison."
            raise UserFault("RECIPIENT_ROLE", words, path=path)
        found[account.id] = Meant(account.id, account.unit)
    if audience.units or audience.all_on_duty:
        for one in await desk.of(_People).meant(tx, audience):
            if one.id != without:
                found.setdefault(one.id, one)
    return _not_too_many(list(found.values()))


async def still_there(desk: Desk, tx: Tx, account_ids: Sequence[str]) -> list[Meant]:
    """Those who were asked before and may still answer, in their order.

    Raises UserFault AUDIENCE_EMPTY where nobody is left.
    """
    known = {one.id: one for one in await desk.of(_People).among(tx, account_ids)}
    return _somebody([known[name] for name in account_ids if name in known])


def _not_too_many(found: list[Meant]) -> list[Meant]:
    if len(found) > MOST:
        words = f"接收范围内超过 {MOST} 人 / audience: more than {MOST} people."
        raise UserFault("AUDIENCE_COUNT", words, path=("audience",))
    return found


def _somebody(found: list[Meant]) -> list[Meant]:
    if not found:
        words = "接收范围内无人 / audience: nobody is in it."
        raise UserFault("AUDIENCE_EMPTY", words, path=("audience",))
    return found


class _People:
    """Reads who is in an audience, of thousands no more than is asked for."""

    def __init__(self, store: Store) -> None:
        self._accounts = store.db[ACCOUNTS]

    async def meant(self, tx: Tx, audience: Audience) -> list[Meant]:
        """Who may answer of its units, and whoever is on duty if all of those are meant."""
        ways: list[dict[str, Any]] = [{"unit": {"$in": [*audience.units]}}]
        if audience.all_on_duty:
            ways.append({"duty.on": True})
        return await self._found(tx, {"$or": ways})

    async def among(self, tx: Tx, account_ids: Sequence[str]) -> list[Meant]:
        """Those of the accounts that may answer."""
        return await self._found(tx, {"_id": {"$in": [*account_ids]}})

    async def _found(self, tx: Tx, query: dict[str, Any]) -> list[Meant]:
        await seen(tx, ACCOUNTS)
        rows = self._accounts.find({**query, **_MAY_ANSWER}, {"unit": True}, session=tx)
        rows = rows.sort([("unit", 1), ("login", 1)]).limit(2 * MOST)
        return [Meant(row["_id"], row.get("unit")) async for row in rows]


def _once(names: Sequence[str], path: str) -> tuple[str, ...]:
    checked = (checks.identifier(name, ("audience", path)) for name in names)
    return tuple(dict.fromkeys(checked))
