"""Who is who: the member units and their people, kept by the phone for when there is no network."""

import gzip
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Final

from starlette.responses import Response

from hub.model.people import Scope
from hub.requests import JSON
from hub.store.documents import AccountDoc, NameDoc
from mobile_api.endpoint import Call, Endpoint, Nothing
from mobile_api.models import Contact, Directory, DirectoryUnit, Name

MOST: Final = 5_000
"""People in one directory."""
SMALL: Final = 1_024
"""Bytes below which compressing saves no packet."""


async def directory(call: Call[Nothing]) -> Response:
    """Units and people the caller may see. Send the ETag back: 304 while nothing has changed."""
    people: dict[str | None, list[Contact]] = {}
    for account in await call.context.accounts.directory(call.caller.viewer, most=MOST):
        people.setdefault(account.unit, []).append(_contact(account))
    found = Directory(
        units=[
            DirectoryUnit(
                code=unit.id,
                name=_name(unit.name),
                kind=unit.kind,
                note=unit.note,
                people=people.pop(unit.id, []),
            )
            for unit in await call.context.units.all()
        ],
        others=[contact for others in people.values() for contact in others],
    )
    return _cached(call, found.model_dump_json(by_alias=True).encode())


def _cached(call: Call[Any], body: bytes) -> Response:
    """The body, compressed for who takes that; nothing for who has it already."""
    tag = f'W/"{sha256(body).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "private, no-cache",
        "Vary": "Accept-Encoding, Authorization",
    }
    if tag in _listed(call.request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    if len(body) > SMALL and "gzip" in _listed(call.request.headers.get("accept-encoding", "")):
        body = gzip.compress(body, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type=JSON, headers=headers)


def _listed(header: str) -> Iterable[str]:
    """What a list in a header names, without its parameters."""
    return [part.partition(";")[0].strip() for part in header.split(",")]


def _contact(account: AccountDoc) -> Contact:
    return Contact(
        id=account.id,
        name=_name(account.name),
        role=account.role,
        on_duty=account.duty.on,
        post=account.duty.post if account.duty.on else None,
    )


def _name(name: NameDoc) -> Name:
    return Name(zh=name.zh, en=name.en)


ENDPOINTS: tuple[Endpoint[Any], ...] = (
    Endpoint(
        method="GET",
        path="/directory",
        name="directory",
        summary="通讯录 / Units and people",
        handler=directory,
        takes=Nothing,
        gives=Directory,
        scope=Scope.FIELD_WORK,
    ),
)
