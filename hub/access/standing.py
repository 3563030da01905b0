"""Whether a session still stands: kept in memory, corrected by the change stream.

A request costs no read of the database while its session is known here. A revoked session or a
blocked account is known as soon as its change arrives on the bus; without a watcher, and in case
the stream itself is late, nothing is believed for longer than a few seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub import clock
from hub.bus import Bus, Change, ChangeKind
from hub.model.people import Role
from hub.store.documents import AccountDoc, SessionDoc
from hub.store.people import Accounts
from hub.store.sessions import Sessions

UNWATCHED = timedelta(seconds=5)
WATCHED = timedelta(seconds=60)
_MOST = 50_000
_EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Standing:
    """A session that stands, with the account it belongs to as it is now."""

    account_id: str
    login: str
    role: Role
    unit: str | None
    device_id: str | None


@dataclass(frozen=True, slots=True)
class _Session:
    account_id: str
    device_id: str | None
    revoked: bool


@dataclass(frozen=True, slots=True)
class _Account:
    login: str
    role: Role
    unit: str | None
    admitted: bool


class Register:
    """What is known of sessions and accounts. Use it on one event loop."""

    def __init__(self, sessions: Sessions, accounts: Accounts, *, embedded: bool) -> None:
        self._stored_sessions = sessions
        self._stored_accounts = accounts
        self._embedded = embedded
        self._sessions: dict[str, _Session] = {}
        self._accounts: dict[str, _Account] = {}
        self._read_at: dict[str, datetime] = {}
        self._reads: dict[int, set[str]] = {}
        self._watched = False

    def admits(self, *, active: bool, demo: bool) -> bool:
        """Whether an account may sign in: active, and no demo account on a real database."""
        return active and (self._embedded or not demo)

    async def find(self, session_id: str) -> Standing | None:
        """The session's standing, None when it has ended or its account is kept out."""
        if not self.believes(session_id):
            await self._read(session_id)
        return self.known(session_id)

    def believes(self, session_id: str) -> bool:
        """Whether what is known of the session here may be gone by, without a read."""
        read_at = self._read_at.get(session_id)
        patience = WATCHED if self._watched else UNWATCHED
        return read_at is not None and timedelta(0) <= clock.now() - read_at < patience

    def known(self, session_id: str) -> Standing | None:
        """The session's standing as far as it is known here; None fails closed."""
        found = self._found(session_id)
        if found is None:
            return None
        session, account = found
        return Standing(
            session.account_id, account.login, account.role, account.unit, session.device_id
        )

    def stands(self, session_id: str, role: Role, unit: str | None) -> bool:
        """Whether `known` is a session of this role and unit, without making one to look at."""
        found = self._found(session_id)
        return found is not None and found[1].role is role and found[1].unit == unit

    def _found(self, session_id: str) -> tuple[_Session, _Account] | None:
        session = self._sessions.get(session_id)
        if session is None or session.revoked:
            return None
        account = self._accounts.get(session.account_id)
        return None if account is None or not account.admitted else (session, account)

    def end(self, session_id: str) -> None:
        """Forget a session that this process has just ended."""
        self._sessions.pop(session_id, None)
        self._read_at.pop(session_id, None)

    async def watch(self, bus: Bus) -> None:
        """Follow the changes of sessions and accounts until cancelled."""
        listener = bus.listen("sessions", "accounts")
        self._watched = True
        try:
            async for change in listener:
                if change.kind is ChangeKind.RESET:
                    await self._read_all()
                else:
                    self._note(change)
        finally:
            self._watched = False
            bus.unlisten(listener)

    def _note(self, change: Change) -> None:
        key = str(change.id)
        for touched in self._reads.values():
            touched.add(key)
        row = change.document
        if change.collection == "sessions" and key in self._sessions:
            if row is None:
                self.end(key)
            else:
                self._sessions[key] = _Session(
                    row["account_id"], row.get("device_id"), row.get("revoked_at") is not None
                )
        elif change.collection == "accounts" and key in self._accounts:
            if row is None:
                del self._accounts[key]
            else:
                self._accounts[key] = self._account_of(row)

    async def _read(self, session_id: str) -> None:
        """Read one session and its account; again if a change of either overtook the read."""
        overtaken = True
        while overtaken:
            touched: set[str] = set()
            self._reads[id(touched)] = touched
            try:
                session = await self._stored_sessions.by_id(session_id)
                account = session and await self._stored_accounts.by_id(session.account_id)
            finally:
                del self._reads[id(touched)]
            overtaken = not touched.isdisjoint(
                {_EVERYTHING, session_id, session.account_id if session else session_id}
            )
        if session is None or account is None:
            self.end(session_id)
        else:
            self._keep(session, account)

    async def _read_all(self) -> None:
        """After a gap in the changes: ask the database about everybody known here."""
        for touched in self._reads.values():
            touched.add(_EVERYTHING)
        asked = set(self._sessions)
        sessions = await self._stored_sessions.by_ids(asked)
        accounts = await self._stored_accounts.by_ids({row.account_id for row in sessions})
        for session in sessions:
            if account := accounts.get(session.account_id):
                self._keep(session, account)
                asked.discard(session.id)
        for session_id in asked:
            self.end(session_id)

    def _keep(self, session: SessionDoc, account: AccountDoc) -> None:
        if len(self._sessions) >= _MOST and session.id not in self._sessions:
            self.end(next(iter(self._sessions)))
        self._read_at[session.id] = clock.now()
        self._sessions[session.id] = _Session(
            session.account_id, session.device_id, session.revoked_at is not None
        )
        self._accounts[account.id] = self._account_of(account.model_dump())

    def _account_of(self, row: Mapping[str, Any]) -> _Account:
        admitted = self.admits(active=row["active"], demo=row.get("demo", False))
        return _Account(row["login"], Role(row["role"]), row.get("unit"), admitted)
