"""Photographs: sent in pieces, gone on with, judged, and seen by whom their incident is."""

import asyncio
import socket
import zipfile
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from photographs import HTML, bomb, photograph, with_gps
from PIL import Image
from starlette.applications import Starlette
from starlette.routing import Mount

from hub import clock, pictures
from hub.operations.incidents import expiry, uploads
from hub.operations.incidents.documents import AttachmentDoc, IncidentDoc
from hub.store.documents import AuditDoc
from mobile_api.app import build
from mobile_api.context import MobileContext
from tests.mobile.conftest import BASE, Phone
from tests.mobile.serving import served

BYTES = {"content-type": "application/offset+octet-stream"}


def announced(content: bytes, name: str = "") -> dict[str, Any]:
    return {
        "id": name or str(uuid4()),
        "size": len(content),
        "sha256": sha256(content).hexdigest(),
    }


async def send(phone: Phone, name: str, content: bytes, offset: int = 0) -> httpx2.Response:
    headers = {**BYTES, "upload-offset": str(offset)}
    return await phone.call("PATCH", f"/attachments/{name}", content=content, headers=headers)


async def sent(phone: Phone, content: bytes, name: str = "") -> str:
    """Send a photograph whole; its id."""
    said = announced(content, name)
    begun = await phone.call("POST", "/attachments", json=said)
    assert begun.status_code == 200, begun.text
    assert begun.json() == {
        "id": said["id"],
        "state": "RECEIVING",
        "offset": 0,
        "size": len(content),
    }
    done = await send(phone, said["id"], content)
    assert done.status_code == 200, done.text
    assert done.json()["state"] == "READY"
    return str(said["id"])


async def refused(phone: Phone, content: bytes) -> tuple[int, str]:
    """Send what is no photograph; the status and code it is refused with."""
    said = announced(content)
    await phone.call("POST", "/attachments", json=said)
    answer = await send(phone, said["id"], content)
    again = await phone.call("POST", "/attachments", json=said)
    assert (again.status_code, again.json()["code"]) == (
        answer.status_code,
        answer.json()["code"],
    )
    assert (await phone.call("GET", f"/attachments/{said['id']}")).status_code == 404
    assert " / " in answer.json()["detail"]
    return answer.status_code, answer.json()["code"]


async def report(phone: Phone, *photographs: str) -> dict[str, Any]:
    body = {"kind": "FIRE", "title": "烟雾", "attachments": [*photographs]}
    told = {"id": str(uuid4()), "kind": "incident.report", "at": clock.now().isoformat()}
    (result,) = await phone.act({**told, "body": body})
    return result


async def reported(phone: Phone, *photographs: str) -> IncidentDoc:
    result = await report(phone, *photographs)
    assert result["status"] == "applied", result
    found = await IncidentDoc.get(result["data"]["incidentId"])
    assert found is not None
    return found


@pytest.fixture
async def mine(phone: Phone) -> Phone:
    """An officer's phone."""
    return await phone.sign_in("officer1")


async def test_a_photograph_is_drawn_anew(mine: Phone) -> None:
    """What was sent is not what is kept: upright, without place, maker or comment; and a small one
    of it."""
    content = with_gps()
    assert b"Phone & Co" in content
    assert HTML in content
    name = await sent(mine, content)
    for path, size in ((name, (480, 640)), (f"{name}/thumbnail", (240, 320))):
        answer = await mine.call("GET", f"/attachments/{path}")
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "private, no-cache"
        with Image.open(BytesIO(answer.content)) as kept:
            assert kept.format == "JPEG"
            assert kept.size == size
            assert dict(kept.getexif()) == {}
            assert kept.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
            top, bottom = kept.getpixel((9, 9)), kept.getpixel((9, size[1] - 9))
        assert top[0] > 200 > 60 > top[2]
        assert bottom[2] > 200 > 60 > bottom[0]
        assert b"Phone" not in answer.content
        assert HTML not in answer.content
        tag = {"if-none-match": answer.headers["etag"]}
        again = await mine.call("GET", f"/attachments/{path}", headers=tag)
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG"])
async def test_what_phones_make_is_taken(mine: Phone, kind: str) -> None:
    assert await sent(mine, photograph(kind))


@pytest.mark.parametrize(
    "behind",
    [b"\0" * 64, photograph(), b"\0\0\0\x18ftypmp42" + b"film" * 9, b"...SEFHd...SEFT"],
    ids=["filling", "second picture", "film", "samsung"],
)
async def test_what_cameras_write_behind_a_picture_is_left_out(mine: Phone, behind: bytes) -> None:
    name = await sent(mine, photograph() + behind)
    kept = (await mine.call("GET", f"/attachments/{name}")).content
    assert kept.endswith(b"\xff\xd9")
    assert b"film" not in kept


def zipped() -> bytes:
    kept = BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("zeros", bytes(8 * 1024 * 1024))
    return kept.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (SVG, 415, "ATTACHMENT_TYPE"),
        (HTML, 415, "ATTACHMENT_TYPE"),
        (b"GIF89a/*" + b"\0" * 40 + b"*/=alert(1)", 415, "ATTACHMENT_TYPE"),
        (photograph("GIF"), 415, "ATTACHMENT_TYPE"),
        (photograph("TIFF"), 415, "ATTACHMENT_TYPE"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", 415, "ATTACHMENT_TYPE"),
        (zipped(), 415, "ATTACHMENT_TYPE"),
        (b"\xff\xd8", 415, "ATTACHMENT_TYPE"),
        (photograph() + HTML, 422, "ATTACHMENT_TRAILING"),
        (photograph() + zipped(), 422, "ATTACHMENT_TRAILING"),
        (photograph("PNG") + HTML, 422, "ATTACHMENT_TRAILING"),
        (photograph("PNG") + b"\0", 422, "ATTACHMENT_TRAILING"),
        (photograph("WEBP") + zipped(), 422, "ATTACHMENT_TRAILING"),
        (bomb(), 422, "ATTACHMENT_PIXELS"),
        (photograph("PNG", (8000, 5001)), 422, "ATTACHMENT_PIXELS"),
        (photograph()[:-200], 422, "ATTACHMENT_BROKEN"),
        (photograph("PNG")[:-30], 422, "ATTACHMENT_BROKEN"),
        (photograph("WEBP")[:-30], 422, "ATTACHMENT_BROKEN"),
        (b"\xff\xd8\xff\xe0\x00\x01" + HTML, 422, "ATTACHMENT_BROKEN"),
        (b"\x89PNG\r\n\x1a\n" + HTML, 422, "ATTACHMENT_BROKEN"),
    ],
)
async def test_what_is_no_photograph_is_refused(
    mine: Phone, content: bytes, status: int, code: str
) -> None:
    """With a code of its own, whenever it is asked; nobody gets to see it, and that it was is in
    the audit log."""
    assert await refused(mine, content) == (status, code)
    lines = AuditDoc.find({"action": "attachment.refused"}).sort("-at")
    last = (await lines.limit(1).to_list())[0]
    assert (last.actor, last.after) == ("officer1", {"code": code})


async def test_the_largest_picture_is_taken(mine: Phone) -> None:
    assert await sent(mine, photograph("PNG", (8000, 5000)))


async def test_who_takes_too_long_is_ended() -> None:
    """And the process that was at it is gone."""
    with pytest.raises(pictures.Refused, match="BROKEN"):
        await pictures.redrawn(photograph("PNG", (8000, 5000)), seconds=0.01)


async def test_a_cut_connection_is_gone_on_with(
    mine: Phone, http: httpx2.AsyncClient, context: MobileContext
) -> None:
    """What came before the cut is here, and a hub that was started anew goes on from there."""
    noise = BytesIO()
    Image.effect_noise((2000, 1000), 80).save(noise, "JPEG", quality=95)
    content = noise.getvalue()
    said = announced(content)
    await mine.call("POST", "/attachments", json=said)
    where = f"{BASE}/attachments/{said['id']}"
    cut_at = 700_000
    assert len(content) > cut_at
    url = http.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = [
        f"PATCH {where} HTTP/1.1",
        "host: hub",
        f"authorization: Bearer {mine.access}",
        "content-type: application/offset+octet-stream",
        "upload-offset: 0",
        f"content-length: {len(content)}",
    ]
    writer.write("\r\n".join([*head, "", ""]).encode() + content[:cut_at])
    await writer.drain()
    raw: socket.socket = writer.get_extra_info("socket")
    raw.shutdown(socket.SHUT_WR)
    await reader.read()
    writer.close()
    app = Starlette(routes=[Mount(BASE, build(other_process(context)))])
    async with served(app) as other, httpx2.AsyncClient(base_url=other, timeout=60) as client:
        phone = Phone(client, mine.account, mine.access)
        head = (await phone.call("HEAD", f"/attachments/{said['id']}")).headers
        assert head["upload-length"] == str(len(content))
        assert head["upload-state"] == "RECEIVING"
        offset = int(head["upload-offset"])
        assert 0 < offset <= cut_at
        wrong = await send(phone, said["id"], content[offset + 1 :], offset + 1)
        assert (wrong.status_code, wrong.json()["code"]) == (409, "UPLOAD_OFFSET")
        done = await send(phone, said["id"], content[offset:], offset)
        assert done.json() == {
            "id": said["id"],
            "state": "READY",
            "offset": len(content),
            "size": len(content),
        }
        assert (await phone.call("GET", f"/attachments/{said['id']}")).status_code == 200
    assert await context.store.db["attachment_parts"].count_documents({}) == 0


def other_process(context: MobileContext) -> MobileContext:
    """The same hub, started anew: nothing it held in memory is there."""
    return MobileContext(
        store=context.store,
        bus=context.bus,
        tokens=context.tokens,
        operations=context.operations,
        channels=context.channels,
    )


async def test_announcing_and_sending_are_idempotent(mine: Phone) -> None:
    """Five at once are one; after it is done both say so; another photograph under the same id is
    a conflict, whoever sends it."""
    content = photograph()
    said = announced(content)
    answers = await asyncio.gather(
        *(mine.call("POST", "/attachments", json=said) for _ in range(5))
    )
    assert [answer.status_code for answer in answers] == [200] * 5
    both = await asyncio.gather(*(send(mine, said["id"], content) for _ in range(3)))
    assert {answer.status_code for answer in both} <= {200, 409}
    for answer in (
        await mine.call("POST", "/attachments", json=said),
        await send(mine, said["id"], content),
    ):
        assert (answer.status_code, answer.json()["state"]) == (200, "READY")
    other = await Phone(mine.http).sign_in("officer2")
    for phone, body in ((mine, {**said, "size": 9}), (other, said)):
        answer = await phone.call("POST", "/attachments", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")
    acts = AuditDoc.find({"action": "attachment.received", "target": said["id"]})
    assert await acts.count() == 1


async def test_what_came_damaged_is_sent_again(mine: Phone) -> None:
    content = photograph()
    said = announced(content)
    await mine.call("POST", "/attachments", json=said)
    damaged = await send(mine, said["id"], content[:-1] + b"x")
    assert (damaged.status_code, damaged.json()["code"]) == (422, "ATTACHMENT_CHECKSUM")
    head = await mine.call("HEAD", f"/attachments/{said['id']}")
    assert head.headers["upload-offset"] == "0"
    assert (await send(mine, said["id"], content)).json()["state"] == "READY"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"size": 10 * 1024 * 1024 + 1}, 413, "ATTACHMENT_TOO_LARGE"),
        ({"size": 0}, 422, "INVALID"),
        ({"sha256": "x"}, 422, "INVALID"),
        ({"id": "../../etc"}, 422, "INVALID"),
        ({"id": str(uuid4()).upper()}, 422, "INVALID"),
        ({"surprise": 1}, 422, "INVALID"),
    ],
)
async def test_a_bad_announcement_is_refused(
    mine: Phone, change: dict[str, Any], status: int, code: str
) -> None:
    said = {**announced(photograph()), **change}
    answer = await mine.call("POST", "/attachments", json=said)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await AttachmentDoc.get(str(said["id"])) is None


async def test_more_than_was_declared_is_refused(mine: Phone) -> None:
    content = photograph()
    said = announced(content)
    await mine.call("POST", "/attachments", json=said)
    answer = await send(mine, said["id"], content + b"more")
    assert (answer.status_code, answer.json()["code"]) == (413, "ATTACHMENT_TOO_LARGE")
    for headers in ({}, BYTES, {**BYTES, "upload-offset": "-1"}, {"upload-offset": "0"}):
        path = f"/attachments/{said['id']}"
        answer = await mine.call("PATCH", path, content=b"x", headers=headers)
        assert answer.status_code in {415, 422}


async def test_an_account_sends_so_much_a_day(mine: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    """More is refused until the next day; what was begun is finished, and others go on."""
    me = await Phone(mine.http).sign_in("officer30")
    content = photograph()
    monkeypatch.setattr(uploads, "DAY_COUNT", 1)
    begun = announced(content)
    assert (await me.call("POST", "/attachments", json=begun)).status_code == 200
    over = await me.call("POST", "/attachments", json=announced(content))
    assert (over.status_code, over.json()["code"]) == (429, "ATTACHMENT_QUOTA")
    assert (await send(me, begun["id"], content)).json()["state"] == "READY"
    monkeypatch.setattr(uploads, "DAY_COUNT", 300)
    monkeypatch.setattr(uploads, "DAY_BYTES", len(content) * 2 - 1)
    over = await me.call("POST", "/attachments", json=announced(content))
    assert over.json()["code"] == "ATTACHMENT_QUOTA"
    other = await Phone(mine.http).sign_in("officer31")
    assert await sent(other, content)


async def test_at_once_an_account_sends_no_more_a_day(
    mine: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve begun together pass the bound no more than one after the other."""
    me = await Phone(mine.http).sign_in("officer32")
    monkeypatch.setattr(uploads, "DAY_COUNT", 3)
    said = [announced(photograph()) for _ in range(12)]
    answers = await asyncio.gather(*(me.call("POST", "/attachments", json=one) for one in said))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] * 3 + [429] * 9


async def test_a_report_has_its_photographs_whichever_comes_first(mine: Phone) -> None:
    """One was sent before, one comes after; the phones of those involved hear of both."""
    content = photograph()
    before, after = await sent(mine, content), str(uuid4())
    incident = await reported(mine, before, after)
    assert incident.attachments == [before]
    page = await mine.sync()
    await sent(mine, content, after)
    (change,) = (await mine.sync(since=page["nextCursor"]))["changes"]
    assert change["data"]["id"] == incident.id
    assert change["data"]["attachments"] == [before, after]


async def test_a_photograph_is_of_one_report_and_of_who_sent_it(mine: Phone) -> None:
    """Another's, and another report's, are refused where they are named; nothing is opened."""
    other = await Phone(mine.http).sign_in("officer3")
    theirs, taken = await sent(other, photograph()), str(uuid4())
    await reported(mine, taken)
    before = await IncidentDoc.count()
    for name in (theirs, taken):
        result = await report(mine, str(uuid4()), name)
        assert (result["code"], result["path"]) == ("ATTACHMENT_UNKNOWN", "body.attachments.1")
    many = await report(mine, *(str(uuid4()) for _ in range(11)))
    assert (many["code"], many["path"]) == ("TOO_MANY_ATTACHMENTS", "body.attachments")
    assert (await report(mine, "../x"))["code"] == "BAD_ID"
    assert await IncidentDoc.count() == before


@pytest.fixture
async def stranger(phone: Phone) -> Phone:
    """An officer of another unit."""
    for number in range(2, 60):
        other = await phone.sign_in(f"officer{number}")
        me = (await other.call("GET", "/me")).json()["officer"]
        if me["unit"]["code"] != "SAO":
            return other
    raise AssertionError


async def test_who_may_see_it_is_who_may_see_what_it_belongs_to(
    mine: Phone, stranger: Phone, context: MobileContext
) -> None:
    """Before a report names it, only who sent it; then whoever sees the incident; nobody else, by
    any door: as if it were not there."""
    name = await sent(mine, photograph())
    watch = Phone(mine.http, "watch", (await context.tokens.issue("watch")).access_token)
    doors = (f"/attachments/{name}", f"/attachments/{name}/thumbnail")

    async def seen(by: Phone) -> set[int]:
        return {(await by.call("GET", door)).status_code for door in doors}

    assert await seen(mine) == {200}
    assert await seen(watch) == await seen(stranger) == {404}
    await reported(mine, name)
    assert await seen(mine) == await seen(watch) == {200}
    assert await seen(stranger) == {404}
    assert await seen(Phone(mine.http)) == {401}
    for method, path, more in (
        ("HEAD", doors[0], {}),
        ("PATCH", doors[0], {"content": b"x", "headers": {**BYTES, "upload-offset": "0"}}),
    ):
        assert (await stranger.call(method, path, **more)).status_code == 404
        assert (await watch.call(method, path, **more)).status_code == 403
    told = announced(photograph())
    assert (await watch.call("POST", "/attachments", json=told)).status_code == 403


async def test_what_no_report_names_is_gone_after_a_week(
    mine: Phone, context: MobileContext
) -> None:
    """With its bytes; what an incident has stays."""
    db = context.store.db
    lost, kept = await sent(mine, photograph()), await sent(mine, photograph())
    never = announced(photograph())
    await mine.call("POST", "/attachments", json=never)
    await send(mine, never["id"], b"x")
    await reported(mine, kept)
    names = {"_id": {"$in": [lost, kept, never["id"]]}}
    await db["attachments"].update_many(
        names, {"$set": {"created_at": clock.now() - timedelta(days=7, seconds=1)}}
    )
    desk = context.operations.desk
    assert await expiry.sweep(desk) == 2
    assert await expiry.sweep(desk) == 0
    assert (await mine.call("GET", f"/attachments/{lost}")).status_code == 404
    assert (await mine.call("GET", f"/attachments/{kept}")).status_code == 200
    for collection, field in (("attachments.files", "_id"), ("attachments.chunks", "files_id")):
        assert await db[collection].count_documents({field: {"$regex": f"^{lost}"}}) == 0
        assert await db[collection].count_documents({field: {"$regex": f"^{kept}"}}) > 0
    assert await db["attachment_parts"].count_documents({"attachment_id": never["id"]}) == 0
    acts = AuditDoc.find({"action": "attachment.expired"})
    assert {line.target for line in await acts.to_list()} == {lost, never["id"]}


async def test_who_finds_the_line_full_comes_again(
    mine: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it has sent is here, and is judged then."""
    going, release = asyncio.Event(), asyncio.Event()
    drawn = pictures.redrawn

    async def slow(content: bytes) -> pictures.Picture:
        going.set()
        await release.wait()
        return await drawn(content)

    monkeypatch.setattr(pictures, "redrawn", slow)
    monkeypatch.setattr(uploads, "WAITING", 1)
    content = photograph()
    said = [announced(content) for _ in range(2)]
    for one in said:
        await mine.call("POST", "/attachments", json=one)
    first = asyncio.create_task(send(mine, said[0]["id"], content))
    await going.wait()
    full = await send(mine, said[1]["id"], content)
    assert (full.status_code, full.json()["code"]) == (503, "RETRY_LATER")
    assert full.headers["retry-after"] == "5"
    release.set()
    assert (await first).json()["state"] == "READY"
    again = await mine.call("POST", "/attachments", json=said[1])
    assert again.json()["state"] == "READY"


async def test_one_is_judged_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    running, at_once = 0, []

    async def counted(_content: bytes) -> pictures.Picture:
        nonlocal running
        running += 1
        at_once.append(running)
        await asyncio.sleep(0)
        running -= 1
        return pictures.Picture(b"", b"", 1, 1)

    monkeypatch.setattr(pictures, "redrawn", counted)
    judging = uploads.Judging()
    await asyncio.gather(*(judging.redrawn(b"") for _ in range(5)))
    assert at_once == [1] * 5
