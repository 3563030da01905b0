"""Pages of other hosts, in a browser: let in by `hub.allowed_origins`, as at the sockets.

Never with credentials: a caller is known by the bearer token it sends, and by nothing a browser
would add of itself. Without allowed origins nothing is answered to them. Source: the Fetch
Standard, 3.2 (CORS protocol).
"""

from collections.abc import Collection
from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

_FOR_PAGES: Final = ("/graphql", "/auth/", "/mobile/")
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_SENT: Final = ("authorization", "content-type", "last-event-id", "if-none-match", "upload-offset")
_UPLOADS: Final = ("upload-offset", "upload-length", "upload-state")
_READ: Final = ("retry-after", "www-authenticate", "allow", "etag", *_UPLOADS)
_PREFLIGHT_SECONDS: Final = 600


def cross_origin(app: ASGIApp, allowed_origins: Collection[str]) -> ASGIApp:
    """The application, with what pages may call opened to those of `allowed_origins`."""
    if not allowed_origins:
        return app
    opened = CORSMiddleware(
        app,
        allow_origins=list(allowed_origins),
        allow_methods=_METHODS,
        allow_headers=_SENT,
        expose_headers=_READ,
        max_age=_PREFLIGHT_SECONDS,
    )

    async def chosen(scope: Scope, receive: Receive, send: Send) -> None:
        for_pages = scope["type"] == "http" and scope["path"].startswith(_FOR_PAGES)
        await (opened if for_pages else app)(scope, receive, send)

    return chosen
