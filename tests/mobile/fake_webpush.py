"""A push service for browsers, over TLS: it checks who calls as RFC 8292 says, and keeps what came;
and a browser, which alone can read it."""

import asyncio
import json
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mobile_api.push.sealed import decoded, encoded, point

HOST = "push.example.net"


class Browser:
    """A browser's side of a subscription: its keys, and the reading of RFC 8291, 3.4."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = b"sixteen secrets!"

    def subscription(self, endpoint: str) -> dict[str, Any]:
        """As the Push API gives it."""
        keys = {"p256dh": encoded(point(self._key.public_key())), "auth": encoded(self._auth)}
        return {"endpoint": endpoint, "expirationTime": None, "keys": keys}

    def read(self, body: bytes) -> Any:
        """What a message says."""
        salt, length = body[:16], body[20]
        assert int.from_bytes(body[16:20], "big") == 4096
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        shared = self._key.exchange(ec.ECDH(), sender)
        info = b"WebPush: info\0" + point(self._key.public_key()) + theirs
        material = HKDF(hashes.SHA256(), 32, self._auth, info).derive(shared)
        key = HKDF(hashes.SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(material)
        nonce = HKDF(hashes.SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(material)
        text = AESGCM(key).decrypt(nonce, sealed, None)
        assert text.endswith(b"\x02")
        return json.loads(text[:-1])


@dataclass
class FakeWebPush:
    """Takes what a hub sends that shows `public_key`; `answer` decides what comes back."""

    public_key: str
    answer: Response = field(default_factory=lambda: Response(status_code=201))
    hang: bool = False
    release: asyncio.Event = field(default_factory=asyncio.Event)
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)

    @property
    def app(self) -> Starlette:
        """The application to serve."""
        return Starlette(routes=[Route("/send/{name}", self._send, methods=["POST"])])

    async def _send(self, request: Request) -> Response:
        self.claims.append(self._who(request))
        self.taken.append((dict(request.headers), await request.body()))
        if self.hang:
            await self.release.wait()
        return self.answer

    def _who(self, request: Request) -> dict[str, Any]:
        scheme, _, rest = request.headers["authorization"].partition(" ")
        assert scheme == "vapid"
        given = dict(part.strip().split("=", 1) for part in rest.split(","))
        assert given["k"] == self.public_key
        raw = decoded(given["k"])
        shown = {"x": encoded(raw[1:33]), "y": encoded(raw[33:])}
        key = ECKey.import_key({"kty": "EC", "crv": "P-256", **shown})
        token = jwt.decode(given["t"], key, algorithms=["ES256"])
        assert token.header == {"typ": "JWT", "alg": "ES256"}
        return dict(token.claims)


def certificate(folder: Path, *, host: str = HOST) -> tuple[Path, ssl.SSLContext]:
    """A certificate of its own for the host, with its key in one PEM file; and who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    path = folder / f"{host}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + pem
    )
    return path, ssl.create_default_context(cadata=pem.decode())
