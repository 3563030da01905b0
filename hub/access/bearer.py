"""Access tokens on the wire: JWTs (RFC 9068 profile) signed with Ed25519, and with nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import uuid4

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import OKPKey
from joserfc.jwt import JWTClaimsRegistry

from hub import clock
from hub.errors import AccessDenied
from hub.model.people import Role

# RFC 9864's name for what RFC 8037 calls EdDSA over Ed25519; the one algorithm accepted
_ALGORITHM = "Ed25519"
_TYPE = "at+jwt"
_REMEMBERED = 4096
_NONE = (
    "请先登录，并在请求头携带令牌"
    " / No access token was sent. Sign in, and send the header authorization: Bearer TOKEN."
)
_EXPIRED = "登录已过期，请重新登录 / The access token has expired. Refresh it, or sign in again."
_INVALID = "令牌无效，请重新登录 / This is no access token of this hub. Sign in again."


def unauthenticated(message: str = "请先登录 / Sign in first.") -> AccessDenied:
    """The refusal for who is not, or no longer, signed in."""
    return AccessDenied("UNAUTHENTICATED", message)


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says: account, session, and until when."""

    account_id: str
    session_id: str
    expires_at: datetime


class _Rules(JWTClaimsRegistry):
    """The library's checks, but that a token may be used at once in another process.

    Each reads the shared time with a doubt of its own: a moment ahead is no token of the future.
    """

    def validate_iat(self, value: object) -> None:
        if type(value) in {int, float}:
            value -= clock.TOLERATED.total_seconds()  # type: ignore[operator]  # checked just above
        super().validate_iat(value)


class Bearer:
    """Makes and reads access tokens for one issuer and audience."""

    def __init__(
        self, key: OKPKey, *, lifetime: timedelta, issuer: str = "liandong", audience: str = "hub"
    ) -> None:
        self._key = key
        self._header = {"alg": _ALGORITHM, "typ": _TYPE, "kid": key.thumbprint()}
        self._lifetime = lifetime
        self._issuer = issuer
        self._audience = audience
        self._rules = _Rules(
            now=_posix_now,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            sid={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        # a signature costs 150 us to check and does not change; time and session are checked anew
        self._signed: Callable[[str], dict[str, Any]] = lru_cache(_REMEMBERED)(self._verify)

    @property
    def lifetime(self) -> timedelta:
        """How long a token is good for."""
        return self._lifetime

    def mint(self, *, account_id: str, session_id: str, role: Role, unit: str | None) -> str:
        """A new token. `role` and `unit` are for the client to read: the hub asks its own data."""
        issued = clock.now()
        return jwt.encode(
            self._header,
            {
                "iss": self._issuer,
                "aud": self._audience,
                "sub": account_id,
                "sid": session_id,
                "role": role.value,
                "unit": unit,
                "iat": int(issued.timestamp()),
                "exp": int((issued + self._lifetime).timestamp()),
                "jti": uuid4().hex,
            },
            self._key,
            algorithms=[_ALGORITHM],
        )

    def read(self, token: str) -> Claims:
        """The claims of a token that is ours and still good.

        Raises AccessDenied UNAUTHENTICATED for a wrong key, algorithm, type, issuer or audience,
        for a missing claim, for one that has expired, and for none: each told as what it is.
        """
        if not token:
            raise unauthenticated(_NONE)
        try:
            claims = self._signed(token)
            self._rules.validate(claims)
            expires_at = datetime.fromtimestamp(claims["exp"], UTC)
        except ExpiredTokenError as error:
            raise unauthenticated(_EXPIRED) from error
        except (JoseError, ValueError, OverflowError) as error:
            raise unauthenticated(_INVALID) from error
        if not isinstance(claims["sid"], str):
            raise unauthenticated()
        return Claims(claims["sub"], claims["sid"], expires_at)

    def _verify(self, token: str) -> dict[str, Any]:
        decoded = jwt.decode(token, self._key, algorithms=[_ALGORITHM])
        if decoded.header.get("typ") != _TYPE:
            message = "not an access token"
            raise ValueError(message)
        return decoded.claims


def _posix_now() -> int:
    return int(clock.now().timestamp())
