"""Signing in, staying signed in, and being signed out again."""

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from joserfc.jwk import OKPKey

from hub import clock
from hub.access.attempts import Attempts, Limiter
from hub.access.bearer import Bearer, Claims, unauthenticated
from hub.access.passwords import hash_password, outdated, verify
from hub.access.sealing import chain_of
from hub.access.standing import Register, Standing
from hub.bus import Bus
from hub.errors import AccessDenied, NotFound, UserFault
from hub.model.people import SCOPES, Principal, Role
from hub.settings import AccessSettings
from hub.store.audit import HUB, SHELL, Act, Audit, Author
from hub.store.audit_chain import AuditChain
from hub.store.devices import DeviceInfo, Devices
from hub.store.documents import AccountDoc, NameDoc, SessionDoc, Wall
from hub.store.driver import Store, Tx
from hub.store.people import Accounts
from hub.store.sessions import Rotation, Sessions

_WRONG = "登录名或密码不正确 / Wrong login or password."
_SIGN_IN_AGAIN = "登录已失效，请重新登录 / This session has ended. Sign in again."
_NO_REFRESH = ""
WALL_LOGIN = "wall"
"""The account that all walls are signed in to; nobody knows a password of it."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a client holds after signing in. `expires_in`: seconds of the access token.

    `refresh_token` is None for partner clients and for tokens issued on the server. `wall`: what
    the session was let be, of a wall.
    """

    access_token: str
    refresh_token: str | None
    expires_in: int
    account: AccountDoc
    session_id: str
    wall: Wall | None = None


class Tokens:
    """Sessions and their tokens.

    `embedded`: the database is the embedded one, so demonstration accounts may sign in.
    `limiter` bounds the attempts at one login and from one address.
    """

    def __init__(
        self,
        store: Store,
        settings: AccessSettings,
        key: OKPKey,
        *,
        limiter: Limiter,
        embedded: bool = False,
    ) -> None:
        self._store = store
        self._key = key
        self._accounts = Accounts(store)
        self._sessions = Sessions()
        self._devices = Devices(store)
        self._audit = Audit()
        self._attempts = Attempts(limiter)
        self._bearer = Bearer(key, lifetime=timedelta(minutes=settings.access_minutes))
        self._stay = timedelta(days=settings.refresh_days)
        self._register = Register(self._sessions, self._accounts, embedded=embedded)

    @property
    def audit_chain(self) -> AuditChain:
        """The sealed audit log, its head judged by the key that signs tokens too."""
        return chain_of(self._store, self._key)

    @property
    def stay_seconds(self) -> int:
        """How long a refresh token is good that nobody uses."""
        return int(self._stay.total_seconds())

    async def sign_in(
        self,
        login: str,
        password: str,
        device: DeviceInfo | None = None,
        *,
        address: str | None = None,
    ) -> SignedIn:
        """Open a session for a person.

        Raises AccessDenied UNAUTHENTICATED, with one message after one time for an unknown login,
        a wrong password and an account that is kept out; RateLimited after too many attempts from
        this address, unless the phone shows the refresh token it had when it was signed in before.
        """
        login = login.strip().lower()
        account = await self._accounts.by_login(login)
        known = await self._knows(account, device)
        account = await self._proven(login, password, address, account, device=device, known=known)
        signed_in = await self._open(account, "session.opened", address, device, refreshable=True)
        return await self._unless_changed(signed_in, account, password)

    async def client_credentials(
        self, client_id: str, secret: str, *, address: str | None = None
    ) -> SignedIn:
        """Open a session for a partner application (RFC 6749, 4.4): no refresh token.

        Raises as `sign_in` does, also for an account that is no partner's.
        """
        client_id = client_id.strip().lower()
        account = await self._accounts.by_login(client_id)
        account = await self._proven(client_id, secret, address, account, role=Role.PARTNER)
        signed_in = await self._open(account, "client.token", address)
        return await self._unless_changed(signed_in, account, secret)

    async def refresh(self, refresh_token: str, *, address: str | None = None) -> SignedIn:
        """Trade a refresh token for a new pair; it works once.

        The same token works again for ten seconds, in case the reply was lost. An older one was
        stolen or copied: the whole session is revoked. Raises AccessDenied UNAUTHENTICATED, or
        RateLimited if the address keeps failing: a good token is taken whatever others do there.
        """
        session_id, _, _ = refresh_token.partition(".")
        fresh = _new_refresh_token(session_id)
        now = clock.now()
        turned = await self._sessions.rotate(
            session_id,
            digest(refresh_token),
            digest(fresh),
            now=now,
            expires_at=now + self._stay,
        )
        if turned is Rotation.REUSED:
            await self.revoke(session_id, by=HUB, why="reuse")
        session = await self._sessions.by_id(session_id)
        account = session and await self._accounts.by_id(session.account_id)
        if turned is not Rotation.ROTATED or account is None or not self._admitted(account):
            await self._attempts.failed(address)
            raise unauthenticated(_SIGN_IN_AGAIN)
        return self._signed_in(account, session_id, fresh, session and session.wall)

    async def open_wall(
        self, wall: Wall, claim: Callable[[Tx], Awaitable[None]], *, address: str | None = None
    ) -> SignedIn:
        """Open a wall's session; `claim` takes the right to it in the same transaction, or raises.

        Raises AccessDenied UNAUTHENTICATED where the account of all walls is kept out.
        """
        account = await self._accounts.by_login(WALL_LOGIN)
        if account is None:
            unknown = await hash_password(secrets.token_urlsafe(32))
            with suppress(UserFault):  # another has just made it
                await self._accounts.add(
                    login=WALL_LOGIN,
                    password_hash=unknown,
                    role=Role.WALL,
                    name=NameDoc(zh="大屏", en="Walls"),
                    by=HUB,
                )
            account = await self._accounts.by_login(WALL_LOGIN)
        if account is None or account.role is not Role.WALL or not self._admitted(account):
            raise unauthenticated("大屏账号已停用 / The account of the walls is off.")
        return await self._open(
            account, "session.opened", address, refreshable=True, wall=wall, claim=claim
        )

    async def sign_out(self, principal: Principal) -> None:
        """End the caller's session and stop waking its phone."""
        session = await self._sessions.by_id(principal.session_id)
        silenced = None
        if session is not None and session.device_id is not None:
            silenced = (session.account_id, session.device_id)
        by = Author.of(principal)
        await self._revoke(principal.session_id, by, why="signed out", silenced=silenced)

    async def revoke(self, session_id: str, *, by: Author, why: str) -> bool:
        """End any session; False if it had ended. Live sockets of it close within seconds."""
        return await self._revoke(session_id, by, why=why)

    async def _revoke(
        self, session_id: str, by: Author, *, why: str, silenced: tuple[str, str] | None = None
    ) -> bool:
        """As `revoke`; `silenced`: account and device that are not to be woken any more."""

        async def work(tx: Tx) -> bool:
            now = clock.now()
            ended = await self._sessions.revoke(session_id, now=now, tx=tx)
            if silenced is not None:
                await self._devices.silence(*silenced, tx=tx)
            if ended:
                before, after = {"revoked_at": None}, {"revoked_at": now}
                act = by.act(
                    "session.revoked", session_id, before=before, after=after, detail={"why": why}
                )
                await self._audit.append(act, tx=tx)
            return ended

        ended = await self._store.transaction(work)
        self._register.end(session_id)
        return ended

    async def issue(self, login: str) -> SignedIn:
        """An access token for an account without its password: for the server's own shell.

        Raises NotFound for an unknown login, AccessDenied for an account that is kept out.
        """
        account = await self._accounts.by_login(login)
        if account is None:
            raise NotFound("account", login, path=("login",))
        if not self._admitted(account):
            raise unauthenticated("账号已停用 / This account is not active here.")
        return await self._open(account, "token.issued", by=SHELL)

    def authenticate(self, access_token: str) -> Awaitable[Principal]:
        """Who calls; nothing is waited for where the session is known here.

        Awaited, raises AccessDenied UNAUTHENTICATED unless the token and its session stand.
        """
        answer: asyncio.Future[Principal] = asyncio.get_running_loop().create_future()
        try:
            claims = self._bearer.read(access_token)
            if not self._register.believes(claims.session_id):
                return self._looked_up(claims)
            answer.set_result(_principal(claims, self._register.known(claims.session_id)))
        except AccessDenied as denied:
            answer.set_exception(denied)
        return answer

    async def _looked_up(self, claims: Claims) -> Principal:
        return _principal(claims, await self._register.find(claims.session_id))

    async def database_answers(self) -> bool:
        """Whether what is late here may be laid to the database."""
        return await self._store.answers()

    def still_valid(self, principal: Principal) -> bool:
        """Whether a principal from `authenticate` may go on: for live sockets, before each event.

        Costs no I/O. False once the token has expired, the session is revoked, the account is
        kept out, or its role or unit is no longer what the principal was given.
        """
        stands = self._register.stands(principal.session_id, principal.role, principal.unit)
        return stands and clock.now() < principal.expires_at

    def standing(self, principal: Principal) -> Standing | None:
        """The principal's session as known here, with its device."""
        return self._register.known(principal.session_id)

    async def watch(self, bus: Bus) -> None:
        """Follow revocations and changes of accounts on the bus, until cancelled."""
        await self._register.watch(bus)

    async def _knows(self, account: AccountDoc | None, device: DeviceInfo | None) -> bool:
        """Whether the phone shows a refresh token of a session of this account on it."""
        if account is None or device is None or device.refresh_token is None:
            return False
        session_id, _, _ = device.refresh_token.partition(".")
        given = digest(device.refresh_token)
        return await self._sessions.given_to(session_id, account.id, device.id, given)

    async def _proven(
        self,
        login: str,
        password: str,
        address: str | None,
        account: AccountDoc | None,
        *,
        device: DeviceInfo | None = None,
        known: bool = False,
        role: Role | None = None,
    ) -> AccountDoc:
        """The account, if the password is its own. Raises AccessDenied, RateLimited.

        `known`: the device has shown that it was signed in before.
        """
        device_id = device.id if device is not None else None
        async with self._attempts.trial(login, address, device_id if known else None):
            right = await _proves(account, password)
            if (
                account is None
                or not right
                or not self._admitted(account)
                or (role is not None and account.role is not role)
            ):
                await self._audit.append(
                    Act(
                        actor=login[:64],
                        action="session.denied",
                        target=account.id if account is not None else "",
                        device=device_id,
                        detail={"address": address},
                    )
                )
                raise unauthenticated(_WRONG)
        if outdated(account.password_hash) and account.former_until is None:
            await self._accounts.rehash(account, await hash_password(password))
        return account

    async def _unless_changed(
        self, signed_in: SignedIn, account: AccountDoc, secret: str
    ) -> SignedIn:
        """End the session again if its secret was changed while that was looked at.

        Who changes a secret ends the sessions that are there; this is the one that was missed.
        """
        if await self._still_proven(account, secret):
            return signed_in
        await self.revoke(signed_in.session_id, by=HUB, why="secret changed")
        raise unauthenticated(_WRONG)

    async def _still_proven(self, account: AccountDoc, secret: str) -> bool:
        """False if it was changed, or the account kept out, while its secret was looked at."""
        now = await self._accounts.by_id(account.id)
        if now is None or not self._admitted(now):
            return False
        return now.password_hash == account.password_hash or await _proves(now, secret)

    def _admitted(self, account: AccountDoc) -> bool:
        return self._register.admits(active=account.active, demo=account.demo)

    async def _open(
        self,
        account: AccountDoc,
        action: str,
        address: str | None = None,
        device: DeviceInfo | None = None,
        *,
        refreshable: bool = False,
        by: Author | None = None,
        wall: Wall | None = None,
        claim: Callable[[Tx], Awaitable[None]] | None = None,
    ) -> SignedIn:
        """A session with its line in the audit log; `by`: who opens it, if not the account."""
        session_id = uuid4().hex
        refresh_token = _new_refresh_token(session_id) if refreshable else None
        device_id = device.id if device else None
        author = by or Author(account.id, account.role, session_id, device_id)

        async def work(tx: Tx) -> None:
            if claim is not None:
                await claim(tx)
            now = clock.now()
            session = SessionDoc(
                id=session_id,
                account_id=account.id,
                device_id=device_id,
                refresh_hash=digest(refresh_token) if refresh_token else _NO_REFRESH,
                created_at=now,
                expires_at=now + (self._stay if refreshable else self._bearer.lifetime),
                wall=wall,
            )
            if device is not None:
                await self._devices.register(account.id, device, tx=tx)
            self._sessions.open(session, tx=tx)
            after = {"session": session_id, "account": account.id, "device": device_id}
            if wall is not None:
                after |= {"wall": wall.name, "approved_by": wall.approved_by}
            target = account.id if by is not None else session_id
            act = author.act(action, target, after=after, detail={"address": address})
            await self._audit.append(act, tx=tx)

        await self._store.transaction(work)
        return self._signed_in(account, session_id, refresh_token, wall)

    def _signed_in(
        self, account: AccountDoc, session_id: str, refresh_token: str | None, wall: Wall | None
    ) -> SignedIn:
        return SignedIn(
            access_token=self._bearer.mint(
                account_id=account.id, session_id=session_id, role=account.role, unit=account.unit
            ),
            refresh_token=refresh_token,
            expires_in=int(self._bearer.lifetime.total_seconds()),
            account=account,
            session_id=session_id,
            wall=wall,
        )


def _principal(claims: Claims, standing: Standing | None) -> Principal:
    """Who calls. Raises AccessDenied UNAUTHENTICATED where the session does not stand."""
    if standing is None or standing.account_id != claims.account_id:
        raise unauthenticated(_SIGN_IN_AGAIN)
    return Principal(
        account_id=standing.account_id,
        login=standing.login,
        role=standing.role,
        unit=standing.unit,
        scopes=SCOPES[standing.role],
        session_id=claims.session_id,
        expires_at=claims.expires_at,
        device_id=standing.device_id,
    )


async def _proves(account: AccountDoc | None, password: str) -> bool:
    """Whether it is the account's password, or the secret before the last rotation in its grace."""
    right = await verify(account.password_hash if account else None, password)
    if right or account is None or account.former_until is None:
        return right
    return clock.now() < account.former_until and await verify(account.former_hash, password)


def _new_refresh_token(session_id: str) -> str:
    """The session's id, to find it by, and 256 random bits."""
    return f"{session_id}.{secrets.token_urlsafe(32)}"


def digest(token: str) -> str:
    """What of a token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()
