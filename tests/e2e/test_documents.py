"""Every command block of the documents works as pasted, against a hub that really runs."""

import json
import os
import shutil
import tomllib
from pathlib import Path

import httpx2
import pytest

from connectors import REGISTRY, connector
from hub.ingest.plan import plans
from hub.model.area import parse_area
from hub.settings import HubSettings, Settings
from liandong.configured import area_of
from tests.docs.blocks import LANGUAGES, Block, Reader, alike, blocks, documents
from tests.docs.payloads import payload
from tests.e2e.conftest import PASSWORD, Running
from tests.e2e.test_main_job import all_healthy

pytestmark = pytest.mark.slow

NOT_RUN = 10
"""Blocks that say `not run`, with their reason. One more is a decision: change it here."""
DOCUMENTS = [name for name in documents() if list(blocks(name))]


@pytest.fixture(scope="module")
async def token(running: Running) -> str:
    """The watch officer's, for blocks of GraphQL; the feeds have come by then."""
    await all_healthy(running.client("watch"))
    form = {"grant_type": "password", "username": "watch", "password": PASSWORD}
    answer = httpx2.post(f"{running.url}/auth/token", data=form, timeout=60).raise_for_status()
    return str(answer.json()["access_token"])


@pytest.fixture
def reader(running: Running, tmp_path: Path) -> Reader:
    """Somebody with an empty folder, the project's programs and the hub of this test."""
    clean = {key: value for key, value in os.environ.items() if "LIANDONG" not in key}
    environment = {
        **clean,
        "LIANDONG_DATA_DIR": str(running.data_dir),
        "LIANDONG_PORT": str(running.port),
    }
    replaced = {"http://127.0.0.1:8000": running.url, "http://127.0.0.1:8090": running.sandbox}
    return Reader(tmp_path, environment, replaced)


def test_the_reader_has_a_curl() -> None:
    """The samples are written for curl: where there is none, they are not tested, so that fails."""
    assert shutil.which("curl"), "apt-get install curl"


def test_what_is_not_run_is_counted() -> None:
    """A block that cannot run says so in the document, with its reason, and is counted here."""
    told = [one for name in DOCUMENTS for one in blocks(name) if one.word == "not run"]
    assert all(len(one.told) > 15 for one in told)
    assert len(told) == NOT_RUN, [f"{one}: {one.told}" for one in told]


def test_no_command_hides_in_another_block() -> None:
    """Commands stand in blocks that are run: not in one without a language, or in text."""
    for name in DOCUMENTS:
        for one in blocks(name):
            hidden = one.language not in LANGUAGES and ("curl " in one.text or ".venv/" in one.text)
            assert not hidden, one


@pytest.mark.timeout(600)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_block_works_as_pasted(
    document: str, running: Running, reader: Reader, token: str
) -> None:
    """Top to bottom, in one terminal: commands succeed and no answer is an error, answers have the
    shape that the document shows, GraphQL is carried out, configuration can be started with."""
    everything = list(blocks(document))
    wanted = [one for one in everything if one.language in LANGUAGES]
    kind = Path(document).stem
    if kind in REGISTRY:
        (reader.folder / "payload").write_bytes(payload(kind, running.sandbox))
    for one in everything:
        reader.keep(one)
    for one in wanted:
        if one.word not in {"not run", "file"}:
            _try(one, running, reader, token)
    commands = "".join(one.text for one in wanted if one.language == "sh")
    kept = [one for one in everything if one.word == "file"]
    assert [one for one in kept if one.told.split()[0] not in commands] == []


def _try(one: Block, running: Running, reader: Reader, token: str) -> None:
    match one.language:
        case "sh":
            reader.paste(one)
        case "graphql":
            _ask(one, running, reader, token)
        case "toml":
            _configure(one)
        case "json":
            _compare(one, reader)


def _ask(one: Block, running: Running, reader: Reader, token: str) -> None:
    answer = httpx2.post(
        f"{running.url}/graphql",
        json={"query": reader.here(one.text)},
        headers={"authorization": f"Bearer {token}"},
        timeout=60,
    ).json()
    assert "errors" not in answer, f"{one}: {answer}"
    for payload_ in answer["data"].values():
        assert not (isinstance(payload_, dict) and payload_.get("userErrors")), f"{one}: {answer}"
    reader.answers = [answer]


def _compare(one: Block, reader: Reader) -> None:
    assert reader.answers, f"{one}: no command before it answered with JSON"
    assert alike(json.loads(one.text), reader.answers[-1]) == [], f"{one}: {reader.answers[-1]}"


def _configure(one: Block) -> None:
    if "[interchange]" in one.text:
        assert parse_area(one.text).stop_places, one
        return
    settings = Settings.model_validate(tomllib.loads(one.text))
    with pytest.MonkeyPatch.context() as patch:
        for feed in settings.feeds:
            for reference in filter(None, (feed.secret_ref, feed.push_secret_ref)):
                patch.setenv(reference.removeprefix("env:"), "a-secret")
        plans(settings.feeds, connector, area_of(HubSettings().area))
