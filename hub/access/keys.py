"""The key that signs access tokens and the end of the audit log: Ed25519, in a file of its own."""

import os
import stat
import tempfile
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from hub.errors import StartError
from hub.settings import Settings


def signing_key_path(settings: Settings) -> Path:
    """Where the key lies: `[access] signing_key`, else `secrets/signing.pem` in the data folder."""
    return settings.access.signing_key or settings.hub.data_dir / "secrets" / "signing.pem"


def load_signing_key(path: Path) -> OKPKey:
    """The key in `path` (PKCS #8 PEM); made on first use, readable by its owner only.

    Two processes starting at once end up with the same key. Raises StartError when the file is no
    Ed25519 private key, cannot be read or made, or can be read by others.
    """
    try:
        if not path.exists():
            _create(path)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise StartError(
                f"{path}: the signing key can be read by others.", hint=f"chmod 600 {path}"
            )
        key = OKPKey.import_key(path.read_bytes())
    except OSError as error:
        raise StartError(f"{path}: signing key: {error.strerror}.") from error
    except (ValueError, JoseError) as error:
        raise StartError(
            f"{path}: not an Ed25519 private key in PEM.",
            hint="Move the file away and start again: a new key is made, everybody signs in anew, "
            "and `liandong audit head --sign` lets the audit log go on.",
        ) from error
    if key.curve_name != "Ed25519" or not key.is_private:
        raise StartError(f"{path}: expected an Ed25519 private key.")
    return key


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # mkstemp makes the file 0600; the link appears whole or not at all, and never replaces one
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".signing-")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(OKPKey.generate_key("Ed25519").as_pem(private=True))
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)
    except FileExistsError:
        return  # another process was first, and its key is as good
    finally:
        draft.unlink()
