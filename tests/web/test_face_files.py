"""The files of the web as they are served, from a build made for the test."""

from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from liandong.faces.face import CONSOLE
from liandong.faces.pages import FacePages, Manuals, QueryPage

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


@pytest.fixture
def manuals(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    (folder / "connectors").mkdir(parents=True)
    (folder / "files" / "schema").mkdir(parents=True)
    for name in ("index", "access", "connectors", "connectors/gtfs", "404"):
        (folder / f"{name}.html").write_text(f"<title>{name}</title>")
    (folder / "files" / "schema" / "schema.graphql").write_text("type Query")
    (tmp_path / "graphiql" / "assets").mkdir(parents=True)
    (tmp_path / "graphiql" / "index.html").write_text("<title>asks</title>")
    (tmp_path / "graphiql" / "assets" / "app-12.js").write_text("plain")
    return tmp_path


def _manuals(built: Path) -> httpx2.AsyncClient:
    page = QueryPage(built)
    routes = [Route("/graphql", page), *page.routes(), *Manuals(built).routes()]
    transport = httpx2.ASGITransport(app=Starlette(routes=routes))
    return httpx2.AsyncClient(transport=transport, base_url="http://hub")


@pytest.mark.parametrize(
    ("path", "status", "page"),
    [
        ("/docs/", 200, "index"),
        ("/docs/access", 200, "access"),
        ("/docs/connectors", 200, "connectors"),
        ("/docs/connectors/gtfs", 200, "connectors/gtfs"),
        ("/docs/nothing", 404, "404"),
        ("/docs/%2e%2e/graphiql/index", 404, "404"),
    ],
)
async def test_a_page_of_the_manuals_is_a_file(
    manuals: Path, path: str, status: int, page: str
) -> None:
    async with _manuals(manuals) as http:
        answer = await http.get(path)
        assert (answer.status_code, answer.text) == (status, f"<title>{page}</title>")
        assert answer.headers["cache-control"] == "no-cache"
        assert "unsafe" not in answer.headers["content-security-policy"]


async def test_what_the_manuals_lead_to_is_shown_as_text(manuals: Path) -> None:
    async with _manuals(manuals) as http:
        answer = await http.get("/docs/files/schema/schema.graphql")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.text == "type Query"


async def test_the_query_page_and_what_it_is_made_of(manuals: Path) -> None:
    async with _manuals(manuals) as http:
        page = await http.get("/graphql")
        assert (page.status_code, page.text) == (200, "<title>asks</title>")
        assert page.headers["vary"] == "Accept, Accept-Encoding"
        script = await http.get("/graphql/assets/app-12.js")
        assert script.text == "plain"
        assert "immutable" in script.headers["cache-control"]
        for gone in ("app-13.js", "%2e%2e/index.html"):
            assert (await http.get(f"/graphql/assets/{gone}")).status_code == 404


@pytest.mark.parametrize("path", ["/docs/", "/docs/access", "/graphql"])
async def test_manuals_and_query_page_without_a_build_say_what_to_do(
    tmp_path: Path, path: str
) -> None:
    async with _manuals(tmp_path) as http:
        answer = await http.get(path)
        assert answer.status_code == 503
        assert "make web" in answer.text
