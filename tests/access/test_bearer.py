"""Access tokens on the wire: everything but our own, unaltered and in time, is refused."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey, RSAKey

from hub.access.bearer import Bearer
from hub.clock import ManualClock
from hub.errors import AccessDenied
from hub.model.people import Role

KEY = OKPKey.generate_key("Ed25519")
MINUTE = timedelta(minutes=1)


def bearer(**changes: Any) -> Bearer:
    return Bearer(changes.pop("key", KEY), lifetime=15 * MINUTE, **changes)


def minted(source: Bearer | None = None) -> str:
    return (source or bearer()).mint(
        account_id="officer1", session_id="s1", role=Role.OFFICER, unit="RPS"
    )


def signed(key: Any = KEY, *, alg: str = "Ed25519", typ: str = "at+jwt", **changes: Any) -> str:
    """A token like ours but for the changes; a claim changed to None is left out."""
    claims = {**part(minted(), 1), **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": alg, "typ": typ}, claims, key, algorithms=[alg])


def part(token: str, index: int) -> dict[str, Any]:
    text = token.split(".")[index]
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=="))
    return decoded


def refused(token: str) -> str:
    with pytest.raises(AccessDenied) as caught:
        bearer().read(token)
    assert caught.value.code == "UNAUTHENTICATED"
    return caught.value.message


def test_a_token_says_who_where_and_until_when(clock: ManualClock) -> None:
    """A fresh token is read back: account, session, and fifteen minutes from now."""
    token = minted()
    claims = bearer().read(token)
    assert (claims.account_id, claims.session_id) == ("officer1", "s1")
    assert timedelta(minutes=14, seconds=58) < claims.expires_at - clock() <= 15 * MINUTE
    assert part(token, 0)["alg"] == "Ed25519"
    body = part(token, 1)
    assert set(body) == {"iss", "aud", "sub", "sid", "role", "unit", "iat", "exp", "jti"}


def test_every_token_has_an_id_of_its_own() -> None:
    """Two tokens of one session differ by jti."""
    assert part(minted(), 1)["jti"] != part(minted(), 1)["jti"]


def test_a_token_ends(clock: ManualClock) -> None:
    """The same token that was read before is refused once its time is over."""
    mine = bearer()
    token = minted(mine)
    mine.read(token)
    clock.advance(minutes=15, seconds=1)
    with pytest.raises(AccessDenied):
        mine.read(token)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody"},
        {"aud": "another"},
        {"exp": 1},
        {"exp": "soon"},
        {"exp": True},
        {"sid": 7},
        {"sid": ["s1"]},
        {"sub": 7},
        {"exp": 10**30},
        *({name: None} for name in ("iss", "aud", "sub", "sid", "exp", "iat")),
    ],
)
def test_wrong_or_missing_claims_are_refused(changes: dict[str, Any]) -> None:
    """Wrong issuer, audience, expiry or shape, or a claim left out: refused."""
    refused(signed(**changes))


def test_another_key_is_refused() -> None:
    """A token signed with another Ed25519 key is refused."""
    refused(signed(OKPKey.generate_key("Ed25519")))


def test_another_algorithm_is_refused() -> None:
    """HS256 with our public key as the secret, RS256, and `none` are refused."""
    public = KEY.as_pem(private=False)
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"at+jwt"}').rstrip(b"=").decode()
    body = minted().split(".")[1]
    import hashlib
    import hmac

    mac = hmac.new(public, f"{head}.{body}".encode(), hashlib.sha256).digest()
    refused(f"{head}.{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}")
    refused(signed(OctKey.generate_key(256), alg="HS256"))
    refused(signed(RSAKey.generate_key(2048), alg="RS256"))
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').rstrip(b"=").decode()
    refused(f"{none}.{body}.")


def test_another_kind_of_token_is_refused() -> None:
    """A JWT of ours that is no access token is refused."""
    refused(signed(typ="JWT"))


def test_an_altered_token_is_refused() -> None:
    """Another role written into the payload breaks the signature."""
    head, body, mac = minted().split(".")
    claims = {**json.loads(base64.urlsafe_b64decode(body + "==")), "role": "ADMIN"}
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    refused(f"{head}.{forged}.{mac}")


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "é", "x" * 10_000, "\x00.\x00.\x00"])
def test_garbage_is_refused(text: str) -> None:
    """What is no JWT at all is refused in the same words."""
    refused(text)


def test_a_token_of_another_process_is_good_at_once(clock: ManualClock) -> None:
    """One whose reading of the time is a moment ahead; a token of the future is refused."""
    clock.advance(seconds=1.5)
    ahead = minted()
    clock.advance(seconds=-1.5)
    assert bearer().read(ahead).account_id == "officer1"
    clock.advance(minutes=1)
    future = minted()
    clock.advance(minutes=-1)
    refused(future)
