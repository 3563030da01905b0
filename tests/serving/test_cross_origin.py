"""Pages of other hosts in a browser: those of `allowed_origins`, over HTTP as over sockets."""

import httpx2
import pytest
import websockets
from websockets.typing import Origin, Subprotocol

from hub.errors import StartError
from hub.settings import load
from liandong.cross_origin import cross_origin
from tests.serving.conftest import ORIGIN, Running

FOREIGN = "https://elsewhere.example"
FOR_PAGES = ["/graphql", "/auth/token", "/mobile/v1/session", "/mobile/v1/sync"]


async def preflight(running: Running, path: str, origin: str) -> httpx2.Response:
    """What a browser asks before it sends a token."""
    headers = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization, content-type",
    }
    return await running.http.options(path, headers=headers)


@pytest.mark.parametrize("path", FOR_PAGES)
async def test_a_page_of_an_allowed_origin_may_call(running: Running, path: str) -> None:
    """The preflight names the origin, the methods and the headers; never credentials."""
    answer = await preflight(running, path, ORIGIN)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "authorization" in answer.headers["access-control-allow-headers"].lower()
    assert int(answer.headers["access-control-max-age"]) > 0
    assert "access-control-allow-credentials" not in answer.headers
    assert "origin" in answer.headers["vary"].lower()


@pytest.mark.parametrize("path", FOR_PAGES)
async def test_a_foreign_page_may_not(running: Running, path: str) -> None:
    """Neither its preflight nor its request is answered in a way that a browser lets it read."""
    answer = await preflight(running, path, FOREIGN)
    assert answer.status_code == 400
    assert "access-control-allow-origin" not in answer.headers
    plain = await running.http.get(path, headers={"origin": FOREIGN})
    assert "access-control-allow-origin" not in plain.headers


async def test_every_answer_can_be_read_by_the_page(running: Running) -> None:
    """Data, a refusal and a 401 alike; the wait and the challenge among what it may read."""
    query = {"query": "{ me { login } }"}
    for whose, status in ((running.headers("watch"), 200), ({}, 401)):
        headers = {**whose, "origin": ORIGIN}
        for answer in (
            await running.http.post("/graphql", json=query, headers=headers),
            await running.http.get("/graphql", params=query, headers=headers),
        ):
            assert answer.status_code == status
            assert answer.headers["access-control-allow-origin"] == ORIGIN
            assert "retry-after" in answer.headers["access-control-expose-headers"].lower()
            assert "access-control-allow-credentials" not in answer.headers
    refused = await running.http.post("/mobile/v1/session", json={}, headers={"origin": ORIGIN})
    assert refused.status_code == 422
    assert refused.headers["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/", "/feeds/x"])
async def test_what_is_not_for_pages_is_not_opened(running: Running, path: str) -> None:
    """Probes, metrics and the door of the sources have no cross-origin headers."""
    answer = await running.http.get(path, headers={"origin": ORIGIN})
    assert "access-control-allow-origin" not in answer.headers


async def test_sockets_go_by_the_same_list(running: Running) -> None:
    """An allowed origin is let in, another is refused."""
    url = str(running.http.base_url).replace("http", "ws") + "/graphql"
    protocols = [Subprotocol("graphql-transport-ws")]
    socket = await websockets.connect(url, subprotocols=protocols, origin=Origin(ORIGIN))
    await socket.close()
    with pytest.raises(websockets.InvalidStatus):
        await websockets.connect(url, subprotocols=protocols, origin=Origin(FOREIGN))


async def test_without_a_list_nothing_is_opened() -> None:
    """A hub that allows no origin is as it was."""

    async def app(_scope: object, _receive: object, _send: object) -> None:
        raise AssertionError

    assert cross_origin(app, ()) is app


@pytest.mark.parametrize("origin", ["*", "null", "desk.example", "https://desk.example/", ""])
def test_an_origin_is_written_as_browsers_send_it(origin: str, tmp_path) -> None:
    """Scheme, host and port; a pattern, a path or `*` is refused at start."""
    file = tmp_path / "liandong.toml"
    file.write_text(f'[hub]\nallowed_origins = ["{origin}"]\n')
    with pytest.raises(StartError, match="allowed_origins"):
        load(file)
