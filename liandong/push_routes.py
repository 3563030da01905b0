"""The HTTP side of `hub.ingest.endpoint`: where sources post what they have to say."""

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from hub.ingest.endpoint import Endpoint


def push_routes(endpoint: Endpoint) -> list[Route]:
    """`POST /feeds/{feed_id}`; with the secret behind it, for sources that sign nothing."""

    async def push(request: Request) -> Response:
        try:
            status, content_type, body = await endpoint.handle(
                request.path_params["feed_id"],
                request.headers,
                request.stream(),
                request.client.host if request.client else "",
                secret=request.path_params.get("secret"),
            )
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        return Response(body, status_code=status, media_type=content_type)

    return [
        Route("/feeds/{feed_id}", push, methods=["POST"]),
        Route("/feeds/{feed_id}/{secret}", push, methods=["POST"]),
    ]
