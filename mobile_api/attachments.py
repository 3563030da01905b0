"""Photographs: sent piece by piece, gone on with after a cut, and looked at."""

from typing import Any, Final

from starlette.responses import Response

from hub.errors import UserFault
from hub.model.people import Scope
from hub.operations.incidents.documents import AttachmentDoc, AttachmentState
from hub.operations.incidents.uploads import Photograph
from hub.pictures import REFUSALS
from mobile_api.endpoint import Call, Endpoint, Nothing
from mobile_api.models import AttachmentReply

BYTES: Final = "application/offset+octet-stream"
PICTURE: Final = "image/jpeg"
OFFSET: Final = "upload-offset"
_LOOKED_AT: Final = {
    # judged at every look: who may see the incident today may not tomorrow
    "Cache-Control": "private, no-cache",
    "Content-Disposition": "inline",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
_REFUSED = ("NOT_FOUND", "ATTACHMENT_TOO_LARGE", "ATTACHMENT_CHECKSUM", *REFUSALS)


async def begin(call: Call[Photograph]) -> AttachmentReply:
    """Announce a photograph; again under the same id, it says how far that has come."""
    return _reply(await call.context.uploads.begin(call.caller, call.sent))


async def standing(call: Call[Nothing]) -> Response:
    """How many bytes are here: Upload-Offset; of how many: Upload-Length; Upload-State."""
    row = await call.context.uploads.standing(call.caller, _named(call))
    said = {
        OFFSET: str(row.received),
        "upload-length": str(row.size),
        "upload-state": row.state.value,
        "cache-control": "no-store",
    }
    return Response(headers=said)


async def go_on(call: Call[Nothing]) -> AttachmentReply:
    """The bytes from Upload-Offset on; what came before a cut is kept. The last of them: judged."""
    given = call.request.headers.get(OFFSET, "")
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise UserFault(
            "INVALID",
            "缺少请求头 Upload-Offset / Send the header Upload-Offset: a number of bytes.",
        )
    chunks = call.request.stream()
    return _reply(await call.context.uploads.go_on(call.caller, _named(call), int(given), chunks))


async def picture(call: Call[Nothing]) -> Response:
    """The photograph, for who may see the incident it belongs to; of none, for who sent it."""
    return await _picture(call, thumbnail=False)


async def thumbnail(call: Call[Nothing]) -> Response:
    """A small one, at most 320 pixels wide and high."""
    return await _picture(call, thumbnail=True)


async def _picture(call: Call[Nothing], *, thumbnail: bool) -> Response:
    found = await call.context.attachments.seen(_named(call), call.caller.viewer)
    tag = f'"{found.id}{"-small" if thumbnail else ""}"'
    headers = {**_LOOKED_AT, "ETag": tag}
    if call.request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    file = await call.context.attachments.content(found, thumbnail=thumbnail)
    return Response(file.content, media_type=file.content_type, headers=headers)


def _named(call: Call[Any]) -> str:
    return str(call.request.path_params["attachment_id"])


def _reply(row: AttachmentDoc) -> AttachmentReply:
    """How far it has come. Raises UserFault with why it was refused."""
    if row.state is AttachmentState.REFUSED and row.refused is not None:
        zh, en = REFUSALS[row.refused]
        raise UserFault(row.refused, f"{zh} / {en}", path=("content",))
    return AttachmentReply(id=row.id, state=row.state, offset=row.received, size=row.size)


_ONE = "/attachments/{attachment_id}"
ENDPOINTS: tuple[Endpoint[Any], ...] = (
    Endpoint(
        method="POST",
        path="/attachments",
        name="beginAttachment",
        summary="登记照片 / Announce a photograph",
        handler=begin,
        takes=Photograph,
        gives=AttachmentReply,
        scope=Scope.FIELD_WORK,
        problems=("IDEMPOTENCY_CONFLICT", "ATTACHMENT_QUOTA", *_REFUSED),
    ),
    Endpoint(
        method="HEAD",
        path=_ONE,
        name="attachmentStanding",
        summary="续传进度 / How much of it is here",
        handler=standing,
        takes=Nothing,
        scope=Scope.FIELD_WORK,
        problems=("NOT_FOUND",),
    ),
    Endpoint(
        method="PATCH",
        path=_ONE,
        name="sendAttachment",
        summary="上传照片 / Send it, or the rest of it",
        handler=go_on,
        takes=Nothing,
        gives=AttachmentReply,
        consumes=BYTES,
        scope=Scope.FIELD_WORK,
        problems=("UPLOAD_OFFSET", *_REFUSED),
    ),
    Endpoint(
        method="GET",
        path=_ONE,
        name="attachment",
        summary="查看照片 / The photograph",
        handler=picture,
        takes=Nothing,
        scope=Scope.INCIDENTS_READ,
        media=PICTURE,
        problems=("NOT_FOUND",),
    ),
    Endpoint(
        method="GET",
        path=f"{_ONE}/thumbnail",
        name="attachmentThumbnail",
        summary="查看缩略图 / A small one of it",
        handler=thumbnail,
        takes=Nothing,
        scope=Scope.INCIDENTS_READ,
        media=PICTURE,
        problems=("NOT_FOUND",),
    ),
)
