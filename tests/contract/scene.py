"""The hub as everybody outside meets it, over sockets, and people of two units for each test."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx2

from hub.model.people import Principal, Role
from hub.operations import documents
from hub.store.documents import DOCUMENTS, AccountDoc, collection_of
from mobile_api.bodies import entities
from mobile_api.context import MobileContext
from schema.context import Services
from tests.mobile.conftest import Phone
from tests.operations.operations_builders import World, fresh

OURS, ELSEWHERE = "RPS", "SAN"
"""The unit that everything in an example is of, and one that has nothing to do with it."""
PEOPLE: dict[str, tuple[Role, str | None]] = {
    **{role.value.lower(): (role, OURS) for role in Role},
    "officer elsewhere": (Role.OFFICER, ELSEWHERE),
    "liaison elsewhere": (Role.LIAISON, ELSEWHERE),
    "partner elsewhere": (Role.PARTNER, ELSEWHERE),
    "liaison of no unit": (Role.LIAISON, None),
}
STRANGERS = [who for who, (_, unit) in PEOPLE.items() if unit != OURS]
Rows = dict[str, dict[str, Any]]
Held = dict[tuple[str, str], dict[str, Any]]
"""What a phone holds: data by entity and id."""


@dataclass(frozen=True)
class Person:
    """Somebody signed in: as a caller, with a phone, which `device` names where there is one."""

    principal: Principal
    phone: Phone
    device: str | None

    @property
    def id(self) -> str:
        """The account's."""
        return self.principal.account_id


@dataclass
class Scene:
    """What an example is played on; people come when they are first called for."""

    context: MobileContext
    services: Services
    http: httpx2.AsyncClient
    graphql: httpx2.AsyncClient
    _people: dict[str, Person] = field(default_factory=dict)

    @property
    def world(self) -> World:
        """Shorthand for what stands before the write that is tried."""
        return World(self.context.store, self.context.operations)

    async def person(self, who: str) -> Person:
        """One of PEOPLE, on duty, with a phone of their own where they do field work."""
        if who not in self._people:
            role, unit = PEOPLE[who]
            caller = await self.world.officer(fresh(who.replace(" ", "-")), role=role, unit=unit)
            self._people[who] = await self._signed_in(caller)
        return self._people[who]

    async def _signed_in(self, caller: Principal) -> Person:
        if caller.role not in {Role.OFFICER, Role.LIAISON}:
            token = (await self.context.tokens.issue(caller.login)).access_token
            return Person(caller, Phone(self.http, caller.login, token), None)
        demo = await AccountDoc.get("watch")
        assert demo is not None
        known = AccountDoc.find({"_id": caller.account_id})
        await known.update({"$set": {"password_hash": demo.password_hash}})
        phone = await Phone(self.http).sign_in(caller.login)
        return Person(caller, phone, f"phone-1-{caller.login}")

    async def ask(self, who: str, text: str, **variables: Any) -> dict[str, Any]:
        """GraphQL, as that person."""
        token = (await self.person(who)).phone.access
        reply = await self.graphql.post(
            "/graphql",
            json={"query": text, "variables": variables},
            headers={"authorization": f"Bearer {token}"},
        )
        answer: dict[str, Any] = reply.json()
        return answer

    async def sign_out(self, who: str) -> None:
        """End that person's session; the token stays in hand."""
        reply = await (await self.person(who)).phone.call("DELETE", "/session")
        assert reply.status_code == 204, reply.text

    async def stored(self) -> dict[str, Rows]:
        """Every row of every collection of people and what they do, by collection and id."""
        db = self.context.store.db
        found: dict[str, Rows] = {}
        for document in (*DOCUMENTS, *documents()):
            name = collection_of(document)
            found[name] = {str(row["_id"]): row async for row in db[name].find({})}
        return found


def changed(before: dict[str, Rows], after: dict[str, Rows]) -> dict[str, set[str]]:
    """The ids of rows that are not what they were, by collection."""
    found: dict[str, set[str]] = {}
    for name, rows in before.items():
        now = after[name]
        if other := {row for row in rows.keys() | now.keys() if rows.get(row) != now.get(row)}:
            found[name] = other
    return found


async def snapshot(phone: Phone) -> tuple[Held, str]:
    """What a phone with nothing is told, and from where it goes on."""
    page = await phone.sync()
    assert page["reset"]
    assert not page["limited"]
    return applied({}, page["changes"]), page["nextCursor"]


async def caught_up(phone: Phone, held: Held, since: str, *, anew: bool = False) -> Held:
    """What a phone that held this holds after all that it is told since; `anew`: by a snapshot."""
    limited = True
    while limited:
        page = await phone.sync(since, limit=2)
        assert anew or not page["reset"]
        held = {} if page["reset"] else held
        held, since, limited = applied(held, page["changes"]), page["nextCursor"], page["limited"]
    return held


def applied(held: Held, changes: list[dict[str, Any]]) -> Held:
    """The same after these changes, each of which is of its declared shape."""
    known = entities()
    after = dict(held)
    for change in changes:
        key = change["entity"], change["data"]["id"]
        if change["op"] == "remove":
            after.pop(key, None)
            continue
        assert change["entity"] in known, f"no `news` declares {change['entity']}"
        shape = known[change["entity"]].model_validate_json(json.dumps(change["data"]))
        assert shape.wire() == change["data"]
        after[key] = change["data"]
    return after
