"""Ending what an account has open (强制下线): its sessions, and that its phones are woken."""

from datetime import datetime

from hub import clock
from hub.errors import NotFound
from hub.model.people import Role
from hub.store.audit import SHELL, Audit, Author
from hub.store.devices import Devices
from hub.store.documents import AccountDoc
from hub.store.driver import Store, Tx
from hub.store.people import Accounts
from hub.store.sessions import Sessions


async def end_sessions(store: Store, account: AccountDoc, *, by: Author, why: str) -> int:
    """End every session of an account and stop waking its phones; how many sessions.

    One line of the audit log, if there was anything to end. Each process that follows the database
    knows at once: open sockets close within seconds.
    """

    async def work(tx: Tx) -> int:
        now = clock.now()
        ended, silenced = await ended_within(tx, store, account.id, now)
        if ended or silenced:
            after = {"sessions": ended, "devices": silenced, "revoked_at": now}
            act = by.act("sessions.revoked", account.id, after=after, detail={"why": why})
            await Audit().append(act, tx=tx)
        return len(ended)

    return await store.transaction(work)


async def ended_within(
    tx: Tx, store: Store, account_id: str, now: datetime
) -> tuple[list[str], list[str]]:
    """In this transaction: the ids of the sessions, and of the devices woken, that this ended."""
    ended = await Sessions().revoke_all(account_id, now=now, tx=tx)
    return ended, await Devices(store).silence_all(account_id, tx=tx)


async def revoke_user(store: Store, login: str, *, by: Author = SHELL) -> int:
    """Sign a person out everywhere, as when a phone is lost; how many sessions that ended.

    The account stays: who knows its password signs in again. Raises NotFound for what is no
    person's account.
    """
    account = await Accounts(store).by_login(login.strip().lower())
    if account is None or account.role is Role.PARTNER:
        raise NotFound("account", login, path=("login",))
    return await end_sessions(store, account, by=by, why="revoked from the shell")
