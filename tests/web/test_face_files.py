"""The files of an app as they are served, from a build made for the test."""

from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from liandong.faces.face import CONSOLE
from liandong.faces.pages import FacePages

INDEX = "<!doctype html><title>app</title>"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    assets = tmp_path / "console" / "assets"
    assets.mkdir(parents=True)
    (tmp_path / "console" / "index.html").write_text(INDEX)
    (tmp_path / "secret.txt").write_text("not the app's")
    (assets / "app-1234.js").write_text("plain")
    (assets / "app-1234.js.br").write_text("brotli")
    (assets / "app-1234.js.gz").write_text("gzip")
    return tmp_path


def _client(built: Path) -> httpx2.AsyncClient:
    app = Starlette(routes=[Mount("/console", routes=list(FacePages(CONSOLE, built).routes()))])
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://hub", follow_redirects=False
    )


async def test_every_address_without_a_file_is_the_app(built: Path) -> None:
    async with _client(built) as http:
        for path in ("/console/", "/console/incidents", "/console/incidents/E-1"):
            answer = await http.get(path)
            assert (answer.status_code, answer.text) == (200, INDEX)
            assert answer.headers["cache-control"] == "no-cache"
            assert "script-src 'self'" in answer.headers["content-security-policy"]
            assert "unsafe" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("accepted", "text", "encoding"),
    [("gzip, br", "brotli", "br"), ("gzip", "gzip", "gzip"), ("identity", "plain", None)],
)
async def test_a_hashed_file_is_packed_and_kept_for_ever(
    built: Path, accepted: str, text: str, encoding: str | None
) -> None:
    async with (
        _client(built) as http,
        http.stream(
            "GET", "/console/assets/app-1234.js", headers={"accept-encoding": accepted}
        ) as answer,
    ):
        sent = b"".join([chunk async for chunk in answer.aiter_raw()])
        assert sent == text.encode()
        assert answer.headers.get("content-encoding") == encoding
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path",
    [
        "/console/assets/gone.js",
        "/console/assets/app-1234.js.br",
        "/console/..%2fsecret.txt",
        "/console/%2e%2e/secret.txt",
    ],
)
async def test_a_file_that_is_not_the_app_s_is_not_found(built: Path, path: str) -> None:
    async with _client(built) as http:
        answer = await http.get(path)
        assert answer.status_code == 404
        assert "not the app's" not in answer.text


async def test_a_hub_without_a_build_says_what_to_do(tmp_path: Path) -> None:
    async with _client(tmp_path) as http:
        answer = await http.get("/console/")
        assert answer.status_code == 503
        assert "make web" in answer.text
