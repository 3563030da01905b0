"""What a browser's push service may carry and not read, and how the hub shows it who calls.

Sources: RFC 8291 (encryption), RFC 8188 (its coding, aes128gcm), RFC 8292 (VAPID).
"""

import base64
import binascii
import os
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

GOOD_FOR: Final = timedelta(hours=12)
"""How long a push service may believe a token; it takes none of more than a day."""
_RECORD: Final = 4096
_LAST: Final = b"\x02"
"""What ends the last record (RFC 8188, 2)."""


def encrypted(
    text: bytes,
    *,
    p256dh: str,
    auth: str,
    salt: bytes | None = None,
    key: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """The body of a push message for the subscription with these keys, base64url.

    `salt` and `key` are made for each message; a test gives those of RFC 8291, 5. Raises
    ValueError when the keys are none.
    """
    theirs, secret = decoded(p256dh), decoded(auth)
    salt, key = salt or os.urandom(16), key or ec.generate_private_key(ec.SECP256R1())
    known = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
    ours = point(key.public_key())
    shared = key.exchange(ec.ECDH(), known)
    material = _derived(secret, shared, b"WebPush: info\0" + theirs + ours, 32)
    content_key = _derived(salt, material, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(salt, material, b"Content-Encoding: nonce\0", 12)
    head = salt + _RECORD.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return head + AESGCM(content_key).encrypt(nonce, text + _LAST, None)


def signed(key: ECKey, *, audience: str, contact: str, now: datetime) -> str:
    """The Authorization header by which the push service at `audience` knows the hub."""
    claims = {"aud": audience, "exp": int((now + GOOD_FOR).timestamp()), "sub": contact}
    token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, key)
    return f"vapid t={token}, k={public(key)}"


def public(key: ECKey) -> str:
    """The public key as browsers take it: an uncompressed point, base64url."""
    return encoded(point(key.public_key))


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    """The key as an uncompressed point."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encoded(data: bytes) -> str:
    """As base64url without filling."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decoded(text: str) -> bytes:
    """From base64url, with or without filling. Raises ValueError."""
    try:
        return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except (binascii.Error, UnicodeError) as error:
        message = "no base64url"
        raise ValueError(message) from error


def _derived(salt: bytes, material: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(material)
