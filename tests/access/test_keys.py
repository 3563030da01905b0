"""The signing key."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.access.keys import load_signing_key, signing_key_path
from hub.errors import StartError
from hub.settings import AccessSettings, HubSettings, Settings


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    """The first start makes an Ed25519 key with mode 0600; the second finds the same."""
    path = tmp_path / "secrets" / "signing.pem"
    made = load_signing_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert load_signing_key(path).thumbprint() == made.thumbprint()
    assert [file.name for file in path.parent.iterdir()] == ["signing.pem"]


def test_starting_together_ends_with_one_key(tmp_path: Path) -> None:
    """Sixteen starts at once all hold the same key."""
    path = tmp_path / "signing.pem"
    with ThreadPoolExecutor(16) as pool:
        keys = list(pool.map(lambda _: load_signing_key(path).thumbprint(), range(16)))
    assert len(set(keys)) == 1


def test_a_key_others_can_read_is_refused(tmp_path: Path) -> None:
    """A key file with group or world access stops the start, with the line that mends it."""
    path = tmp_path / "signing.pem"
    load_signing_key(path)
    path.chmod(0o644)
    with pytest.raises(StartError, match="chmod 600"):
        load_signing_key(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a key",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        b'{"kty":"oct","k":"AAAA"}',
    ],
)
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    """Anything but an Ed25519 private key in the key file is a StartError in one line."""
    path = tmp_path / "signing.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(StartError) as caught:
        load_signing_key(path)
    assert "\n" not in str(caught.value)


def test_a_public_key_is_refused(tmp_path: Path) -> None:
    """A public key cannot sign and is refused."""
    path = tmp_path / "signing.pem"
    public = load_signing_key(tmp_path / "other.pem").as_pem(private=False)
    path.write_bytes(public)
    path.chmod(0o600)
    with pytest.raises(StartError, match="private key"):
        load_signing_key(path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """Where the folder cannot be made the start says so in one line."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StartError, match="signing key"):
        load_signing_key(tmp_path / "file" / "signing.pem")


def test_where_the_key_lies(tmp_path: Path) -> None:
    """The key lies where [access] says, else among the secrets of the data folder."""
    by_default = Settings(hub=HubSettings(data_dir=tmp_path))
    assert signing_key_path(by_default) == tmp_path / "secrets" / "signing.pem"
    named = Settings(access=AccessSettings(signing_key=tmp_path / "k.pem"))
    assert signing_key_path(named) == tmp_path / "k.pem"
