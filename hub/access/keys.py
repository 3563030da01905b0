"""The hub's own keys, each in a file of its own, made at the first start.

One signs access tokens and the end of the audit log (Ed25519), one what push services of browsers
are told (P-256).
"""

import os
import stat
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from hub.errors import StartError
from hub.settings import Settings

Key = TypeVar("Key", OKPKey, ECKey)


def signing_key_path(settings: Settings) -> Path:
    """Where the key lies: `[access] signing_key`, else `secrets/signing.pem` in the data folder."""
    return settings.access.signing_key or settings.hub.data_dir / "secrets" / "signing.pem"


def vapid_key_path(settings: Settings) -> Path:
    """Where the key of Web Push lies: `[push.webpush] key`, else in the data folder."""
    given = settings.push.webpush and settings.push.webpush.key
    return given or settings.hub.data_dir / "secrets" / "webpush.pem"


def load_signing_key(path: Path) -> OKPKey:
    """The key in `path` (PKCS #8 PEM); made on first use, readable by its owner only.

    Two processes starting at once end up with the same key. Raises StartError when the file is no
    Ed25519 private key, cannot be read or made, or can be read by others.
    """
    return _loaded(
        path,
        _Kind(
            "signing key",
            "Ed25519",
            OKPKey.import_key,
            lambda: OKPKey.generate_key("Ed25519"),
            "everybody signs in anew, and `liandong audit head --sign` lets the audit log go on",
        ),
    )


def load_vapid_key(path: Path) -> ECKey:
    """The key that tells push services who calls (RFC 8292); otherwise as `load_signing_key`."""
    return _loaded(
        path,
        _Kind(
            "Web Push key",
            "P-256",
            ECKey.import_key,
            lambda: ECKey.generate_key("P-256"),
            "every browser has to register for push anew",
        ),
    )


@dataclass(frozen=True, slots=True)
class _Kind(Generic[Key]):
    """A kind of key: its name, its curve, how it is read and made, what a new one costs."""

    name: str
    curve: str
    read: Callable[[bytes], Key]
    make: Callable[[], Key]
    lost: str


def _loaded(path: Path, kind: _Kind[Key]) -> Key:
    try:
        if not path.exists():
            _create(path, kind)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise StartError(
                f"{path}: the {kind.name} can be read by others.", hint=f"chmod 600 {path}"
            )
        key = kind.read(path.read_bytes())
    except OSError as error:
        raise StartError(f"{path}: {kind.name}: {error.strerror}.") from error
    except (ValueError, JoseError) as error:
        raise StartError(
            f"{path}: not a private key of {kind.curve} in PEM.",
            hint=f"Move the file away and start again: a new key is made, {kind.lost}.",
        ) from error
    if key.curve_name != kind.curve or not key.is_private:
        raise StartError(f"{path}: expected a private key of {kind.curve}.")
    return key


def _create(path: Path, kind: _Kind[Key]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # mkstemp makes the file 0600; the link appears whole or not at all, and never replaces one
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(kind.make().as_pem(private=True))
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)
    except FileExistsError:
        return  # another process was first, and its key is as good
    finally:
        draft.unlink()
