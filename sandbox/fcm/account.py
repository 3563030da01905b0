"""The service account that senders sign in with, and the access tokens they get for it."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from hub.files import replace

PROJECT = "liandong-sandbox"
EMAIL = f"push@{PROJECT}.iam.gserviceaccount.com"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPES = {
    "https://www.googleapis.com/auth/firebase.messaging",
    "https://www.googleapis.com/auth/cloud-platform",
}
AUDIENCE = "https://oauth2.googleapis.com/token"
"""What Google's libraries always name as audience, whatever the token_uri."""
LIFETIME = 3600
LONGEST_ASSERTION = 3700


class GrantError(Exception):
    """The token request is refused: an OAuth 2.0 error code and a description (RFC 6749 5.2)."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A credential file as Firebase gives it out: `content` is the JSON."""

    content: dict[str, str]

    @property
    def public_key(self) -> RSAKey:
        """The key that assertions are verified with."""
        return RSAKey.import_key(self.content["private_key"])


def service_account(folder: Path, token_uri: str) -> ServiceAccount:
    """The account kept in `folder`, made there on the first start; it names this `token_uri`.

    Raises OSError when the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "service-account.json"
    key = _kept_key(file) or _new_key()
    account = ServiceAccount(
        {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": RSAKey.import_key(key).thumbprint()[:40],
            "private_key": key,
            "client_email": EMAIL,
            "client_id": "100000000000000000000",
            "token_uri": token_uri,
            "universe_domain": "googleapis.com",
        }
    )
    replace(file, json.dumps(account.content, indent=2) + "\n", mode=0o600)
    return account


class AccessTokens:
    """Gives access tokens for signed assertions (RFC 7523) and knows them again."""

    def __init__(self, account: ServiceAccount, clock: Callable[[], float]) -> None:
        self._account = account
        self._key = account.public_key
        self._clock = clock
        self._until: dict[str, float] = {}

    def grant(self, grant_type: str, assertion: str) -> dict[str, object]:
        """The token response for an assertion. Raises GrantError."""
        if grant_type != GRANT:
            raise GrantError("unsupported_grant_type", f"expected grant_type {GRANT}")
        claims = self._claims(assertion)
        now = self._clock()
        if claims.get("iss") != EMAIL:
            raise GrantError("invalid_grant", "Invalid issuer: not this service account")
        if claims.get("aud") not in (AUDIENCE, self._account.content["token_uri"]):
            raise GrantError("invalid_grant", "Invalid audience")
        issued, expires = claims.get("iat"), claims.get("exp")
        if not isinstance(issued, int | float) or not isinstance(expires, int | float):
            raise GrantError("invalid_grant", "iat and exp are required")
        if expires < now or issued > now + 300 or expires - issued > LONGEST_ASSERTION:
            raise GrantError("invalid_grant", "Invalid JWT: iat and exp out of a reasonable range")
        if not SCOPES & set(str(claims.get("scope", "")).split()):
            raise GrantError("invalid_scope", "no scope that allows messaging")
        return self._token(now)

    def known(self, header: str | None) -> bool:
        """Whether an Authorization header carries a token that was given out and still holds."""
        scheme, _, token = (header or "").partition(" ")
        return scheme.lower() == "bearer" and self._until.get(token, 0.0) > self._clock()

    def _claims(self, assertion: str) -> dict[str, object]:
        try:
            return jwt.decode(assertion, self._key, algorithms=["RS256"]).claims
        except (JoseError, ValueError) as error:
            raise GrantError("invalid_grant", "Invalid JWT signature") from error

    def _token(self, now: float) -> dict[str, object]:
        self._until = {token: until for token, until in self._until.items() if until > now}
        token = f"ya29.{secrets.token_urlsafe(48)}"
        self._until[token] = now + LIFETIME
        return {"access_token": token, "expires_in": LIFETIME, "token_type": "Bearer"}


def _kept_key(file: Path) -> str | None:
    """The private key of an earlier start; None when there is none that can be read."""
    try:
        key = json.loads(file.read_text(encoding="utf-8"))["private_key"]
        RSAKey.import_key(key)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return str(key)


def _new_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
