"""The files of the web, as `make web` built them: packed, hashed, and cached for ever.

Every address of an app that names no file is the app itself, which shows what the address means;
one of the manuals (手册) that names no page is not there.
"""

from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from liandong.faces.face import Face

BUILT: Final = Path(__file__).parent.parent / "web"
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:;"
        " media-src 'self' blob:; font-src 'self'; connect-src 'self'; manifest-src 'self';"
        " worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
        " object-src 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(self)",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: Final = "no-cache"
_PACKED: Final = (("br", ".br"), ("gzip", ".gz"))
_MISSING: Final = """<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<title>联动 Liandong</title>
<h1>界面尚未构建 / This app has not been built</h1>
<p>在服务器上运行 <code>make web</code>，然后刷新本页。接口不受影响。</p>
<p>Run <code>make web</code> on the server, then reload this page.
The interfaces are not affected.</p>
</html>"""


class FacePages:
    """The files of one app. `built` is the folder of the whole build."""

    def __init__(self, face: Face, built: Path = BUILT) -> None:
        self._folder = built / face.name

    def routes(self) -> list[Route]:
        """Everything below the app's base."""
        return [Route("/{path:path}", self._serve, methods=["GET"])]

    async def _serve(self, request: Request) -> Response:
        if not (self._folder / "index.html").is_file():
            return _missing()
        named: str = request.path_params["path"]
        if (path := _inside(self._folder, named)) is not None:
            lasting = named.startswith("assets/")
            return _file(request, path, _FOR_EVER if lasting else _ASK_AGAIN)
        if "." in named.rpartition("/")[2]:  # a file that is not there is not the app
            raise HTTPException(404)
        return _file(request, self._folder / "index.html", _ASK_AGAIN)


class Manuals:
    """The manuals at /docs/: a page is a file, whose name its address leaves the end of."""

    def __init__(self, built: Path = BUILT) -> None:
        self._folder = built / "docs"

    def routes(self) -> list[BaseRoute]:
        """Everything below /docs."""
        return [Mount("/docs", routes=[Route("/{path:path}", self._serve, methods=["GET"])])]

    async def _serve(self, request: Request) -> Response:
        if not (self._folder / "index.html").is_file():
            return _missing()
        named: str = request.path_params["path"]
        if (path := _inside(self._folder, named)) is not None:
            lasting = named.startswith("assets/")
            return _file(request, path, _FOR_EVER if lasting else _ASK_AGAIN)
        page = named.rstrip("/") or "index"
        if (path := _inside(self._folder, f"{page}.html")) is not None:
            return _file(request, path, _ASK_AGAIN)
        return _file(request, self._folder / "404.html", _ASK_AGAIN, status=404)


class QueryPage:
    """The page (查询台) that a browser gets where programs ask: an ASGI application at /graphql."""

    def __init__(self, built: Path = BUILT) -> None:
        self._folder = built / "graphiql"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the page, whatever was asked."""
        page = self._folder / "index.html"
        response = _file(Request(scope), page, _ASK_AGAIN) if page.is_file() else _missing()
        response.headers["Vary"] = "Accept, Accept-Encoding"
        await response(scope, receive, send)

    def routes(self) -> list[BaseRoute]:
        """What the page is made of."""
        serve = Route("/{path:path}", self._serve, methods=["GET"])
        return [Mount("/graphql/assets", routes=[serve])]

    async def _serve(self, request: Request) -> Response:
        path = _inside(self._folder / "assets", request.path_params["path"])
        if path is None:
            raise HTTPException(404)
        return _file(request, path, _FOR_EVER)


def _missing() -> Response:
    return HTMLResponse(_MISSING, 503, {**HEADERS, "Cache-Control": "no-store"})


def _inside(folder: Path, named: str) -> Path | None:
    """The file of that name, if it is one of this folder and asked for as it is."""
    path = (folder / named).resolve()
    inside = path.is_relative_to(folder.resolve())
    return path if inside and path.is_file() and path.suffix not in {".br", ".gz"} else None


def _file(request: Request, path: Path, caching: str, *, status: int = 200) -> Response:
    """The file, packed as the browser takes it."""
    taken = {
        name.partition(";")[0].strip()
        for name in request.headers.get("accept-encoding", "").lower().split(",")
    }
    headers = {**HEADERS, "Cache-Control": caching, "Vary": "Accept-Encoding"}
    media = _MEDIA.get(path.suffix)
    for encoding, suffix in _PACKED:
        packed = path.with_name(path.name + suffix)
        if encoding in taken and packed.is_file():
            headers["Content-Encoding"] = encoding
            path = packed
            break
    return FileResponse(path, status, headers, media_type=media)


_MEDIA: Final = {
    ".css": "text/css",
    ".graphql": "text/plain",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".toml": "text/plain",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
"""Said here, because a system's own table may know none of them."""
