"""Partner applications (合作单位应用): their secrets, made here, shown once, stored hashed."""

import secrets
from datetime import timedelta

from hub import clock
from hub.access.passwords import hash_password
from hub.access.revoking import end_sessions
from hub.errors import NotFound, UserFault
from hub.model.people import Role
from hub.store.audit import SHELL, Audit
from hub.store.documents import AccountDoc
from hub.store.driver import Store, Tx
from hub.store.people import Accounts

LONGEST_GRACE = timedelta(days=30)


class Partners:
    """What the server's own shell does to partner applications; each on the audit log."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._accounts = Accounts(store)
        self._audit = Audit()

    async def rotate(self, client_id: str, *, grace: timedelta = timedelta(0)) -> str:
        """A new secret. The old one is dead, its sessions ended, unless there is a grace.

        Within the grace both secrets work and sessions go on. Raises NotFound for what is no
        partner, UserFault CLIENT_REVOKED, and BAD_VALUE for a grace beyond LONGEST_GRACE.
        """
        if not timedelta(0) <= grace <= LONGEST_GRACE:
            most = f"{LONGEST_GRACE.days * 24}"
            raise UserFault("BAD_VALUE", f"宽限期无效 / The grace: expected 0 to {most} hours.")
        account = await self._partner(client_id)
        if not account.active:
            raise UserFault(
                "CLIENT_REVOKED",
                f"应用已吊销 / {account.login} was revoked.",
                hint="Add it anew under another name: liandong client add.",
            )
        secret = secrets.token_urlsafe(32)
        hashed = await hash_password(secret)
        until = clock.now() + grace if grace else None

        async def work(tx: Tx) -> None:
            self._accounts.set_secret(account, hashed, former_until=until, tx=tx)
            before, after = {"former_until": account.former_until}, {"former_until": until}
            act = SHELL.act("client.rotated", account.id, before=before, after=after)
            await self._audit.append(act, tx=tx)

        await self._store.transaction(work)
        if until is None:
            await self._end_sessions(account, "secret changed")
        return secret

    async def revoke(self, client_id: str) -> int:
        """Keep the application out for good; how many sessions that ended. Raises NotFound."""
        account = await self._partner(client_id)

        async def work(tx: Tx) -> None:
            await self._accounts.set_active(account.id, active=False, tx=tx)
            before, after = {"active": account.active}, {"active": False}
            act = SHELL.act("client.revoked", account.id, before=before, after=after)
            await self._audit.append(act, tx=tx)

        await self._store.transaction(work)
        return await self._end_sessions(account, "client revoked")

    async def _end_sessions(self, account: AccountDoc, why: str) -> int:
        """After the change, so that it finds every session that began before it."""
        return await end_sessions(self._store, account, by=SHELL, why=why)

    async def _partner(self, client_id: str) -> AccountDoc:
        account = await self._accounts.by_login(client_id.strip().lower())
        if account is None or account.role is not Role.PARTNER:
            raise NotFound("client", client_id)
        return account
