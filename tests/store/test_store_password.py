"""A MongoDB that wants a password: what the hub says when it does not get the right one."""

import subprocess
from collections.abc import Iterator

import pytest
from pymongo import MongoClient

from hub.errors import StartError
from hub.settings import child_environment
from hub.store.driver import Store
from hub.store.embedded import _free_port
from hub.store.mongod import find_mongod, provide_libcurl

PASSWORD = "right-p%40ss"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """host:port of a replica set of one that knows one user, `hub`, of the database `admin`."""
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "data").mkdir()
    key = folder / "key"
    key.write_text("a" * 32)
    key.chmod(0o600)
    environment = child_environment()
    provide_libcurl(folder, environment)
    port = _free_port(0)
    options = ("--replSet", "rs0", "--keyFile", str(key), "--bind_ip", "127.0.0.1")
    process = subprocess.Popen(
        [str(find_mongod()), "--dbpath", str(folder / "data"), "--port", str(port), *options],
        stdout=subprocess.DEVNULL,
        env=environment,
    )
    try:
        _prepare(port)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=60)


def _prepare(port: int) -> None:
    members = [{"_id": 0, "host": f"127.0.0.1:{port}"}]
    with MongoClient("127.0.0.1", port, directConnection=True) as client:
        client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
    where = f"127.0.0.1:{port}/?replicaSet=rs0"
    with MongoClient(f"mongodb://{where}") as client:  # waits for the primary
        client.admin.command("createUser", "root", pwd="root", roles=["root"])
    with MongoClient(f"mongodb://root:root@{where}") as client:
        roles = [{"role": "readWrite", "db": "liandong"}]
        client.admin.command("createUser", "hub", pwd="right-p@ss", roles=roles)


async def refused(uri: str, database: str = "liandong") -> str:
    with pytest.raises(StartError) as caught:
        await Store.open(uri, database)
    assert "right-p" not in str(caught.value)
    assert "wrong" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


async def test_the_right_password_opens_it(guarded: str):
    """The user may do all that the hub needs with readWrite on its own database."""
    store = await Store.open(f"mongodb://hub:{PASSWORD}@{guarded}/?replicaSet=rs0", "liandong")
    await store.ping()
    await store.close()


@pytest.mark.parametrize("login", ["hub:wrong", f"nobody:{PASSWORD}"])
async def test_a_wrong_user_or_password_is_called_that(guarded: str, login: str):
    """Not "check that it runs": it runs. Neither password is repeated."""
    said = await refused(f"mongodb://{login}@{guarded}/?replicaSet=rs0")
    assert f"refuses the user {login.partition(':')[0]!r} or its password" in said
    assert guarded in said


async def test_a_user_of_another_database_is_told_of_authsource(guarded: str):
    """With a database in the path the driver looks for the user there: the hint says so."""
    said = await refused(f"mongodb://hub:{PASSWORD}@{guarded}/liandong?replicaSet=rs0")
    assert "authSource" in said


async def test_no_user_or_one_without_rights_is_told_of_the_right(guarded: str):
    """Signed in as nobody, or for another database than the user's: which right lacks."""
    assert "lacks a right" in await refused(f"mongodb://{guarded}/?replicaSet=rs0")
    uri = f"mongodb://hub:{PASSWORD}@{guarded}/?replicaSet=rs0"
    assert "lacks a right" in await refused(uri, "another")
