"""Photographs on their way in (上传): begun, gone on with after a cut, judged, and told of.

A phone may send a report before its photographs or after them: the report names them by the ids
the phone has made, and what comes later still finds its incident.
"""

import asyncio
import re
from collections.abc import AsyncIterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from pydantic import Field

from hub import clock, pictures
from hub.errors import NotFound, RetryLater, UserFault
from hub.model.people import Principal, Scope
from hub.operations.desk import Desk
from hub.operations.incidents.attachments import AttachmentRepository, offset_fault
from hub.operations.incidents.documents import AttachmentDoc, AttachmentState
from hub.operations.incidents.news import incident_news
from hub.operations.incidents.store import IncidentRepository, entry
from hub.operations.telling.wire import Message
from hub.store.audit import Author
from hub.store.driver import Tx

MOST_BYTES = pictures.MOST_BYTES
MOST_A_REPORT = 10
"""Photographs that one report names."""
DAY = timedelta(days=1)
DAY_COUNT, DAY_BYTES = 300, 500 * 1024 * 1024
"""What one account may begin to send in a day."""
PIECE = 512 * 1024
"""Bytes that are kept at a time: so much is lost at most when a connection is cut."""
JUDGING = timedelta(minutes=1)
"""How long whoever judges a photograph has it for itself: twice what that may take."""
WAITING = 8
"""Photographs that may wait to be judged in one process; one is, at a time."""
UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
SHA256 = r"^[0-9a-f]{64}$"
_UUID = re.compile(UUID)


class Photograph(Message):
    """A photograph to be sent (附件): the phone's id for it, its bytes and their SHA-256."""

    id: str = Field(pattern=UUID, description="a UUID, made by the phone, in small letters")
    size: int = Field(ge=1, description="bytes; 10 MiB at most")
    sha256: str = Field(alias="sha256", pattern=SHA256, description="in hexadecimal")


class Judging:
    """The one place in a process where photographs are judged: one at a time, few in line."""

    def __init__(self) -> None:
        self._one = asyncio.Semaphore()
        self._line = 0

    async def redrawn(self, content: bytes) -> pictures.Picture:
        """The picture, when its turn has come. Raises pictures.Refused, RetryLater."""
        if self._line >= WAITING:
            raise RetryLater("照片处理繁忙 / Too many photographs at once.", after=5)
        self._line += 1
        try:
            async with self._one:
                return await pictures.redrawn(content)
        finally:
            self._line -= 1


@dataclass(frozen=True, slots=True)
class Uploads:
    """What phones send pictures to. Needs FIELD_WORK; each account sees only what it sends."""

    desk: Desk
    judging: Judging

    async def begin(self, by: Principal, asked: Photograph) -> AttachmentDoc:
        """Expect a photograph, once per id; what was begun before stands as it is.

        Codes: ATTACHMENT_TOO_LARGE, ATTACHMENT_QUOTA, IDEMPOTENCY_CONFLICT.
        """
        by.require(Scope.FIELD_WORK)
        if asked.size > MOST_BYTES:
            words = f"照片最大 {MOST_BYTES:,} 字节 / At most {MOST_BYTES:,} bytes a photograph."
            raise UserFault("ATTACHMENT_TOO_LARGE", words, path=("size",))
        told = {"size": asked.size, "sha256": asked.sha256}
        rows = self.desk.of(AttachmentRepository)

        async def work(tx: Tx) -> None:
            known = await rows.in_tx(tx, asked.id)
            if known is not None and known.state is not AttachmentState.AWAITED:
                if (known.owner, known.size, known.sha256) != (by.account_id, *told.values()):
                    raise _conflict()
                return
            count, size = await rows.sent_since(tx, by.account_id, clock.now() - DAY)
            if count >= DAY_COUNT or size + asked.size > DAY_BYTES:
                raise _over_quota()
            if known is None:
                now = clock.now()
                row = AttachmentDoc(id=asked.id, owner=by.account_id, created_at=now, **told)
                rows.insert(tx, row)
            elif known.owner == by.account_id:
                rows.change(tx, asked.id, {**told, "state": AttachmentState.RECEIVING})
            else:
                raise _conflict()

        await self.desk.store.transaction(work)
        return await self._settled(by, await rows.own(asked.id, by.account_id))

    async def standing(self, by: Principal, attachment_id: str) -> AttachmentDoc:
        """How far it has come. Raises NotFound."""
        by.require(Scope.FIELD_WORK)
        return await self.desk.of(AttachmentRepository).own(attachment_id, by.account_id)

    async def go_on(
        self, by: Principal, attachment_id: str, offset: int, chunks: AsyncIterable[bytes]
    ) -> AttachmentDoc:
        """Take the bytes from `offset` on; what has come when the connection is cut stays here.

        Once all of it is here it is judged. Codes: NOT_FOUND, UPLOAD_OFFSET, ATTACHMENT_TOO_LARGE,
        ATTACHMENT_CHECKSUM (nothing is here then: send it again).
        """
        row = await self.standing(by, attachment_id)
        if row.state in {AttachmentState.READY, AttachmentState.REFUSED}:
            return row
        if offset != row.received or row.state is AttachmentState.AWAITED:
            raise offset_fault()
        kept = await self._kept(row, offset, chunks)
        return await self._settled(by, row.model_copy(update={"received": kept}))

    async def _kept(self, row: AttachmentDoc, offset: int, chunks: AsyncIterable[bytes]) -> int:
        """How far it has come once all of these, or all until the cut, are kept."""
        rows, waiting = self.desk.of(AttachmentRepository), bytearray()
        at = offset

        async def keep() -> int:
            data = bytes(waiting)
            waiting.clear()
            if data:
                await rows.append(row, at, data, clock.now())
            return at + len(data)

        try:
            async for chunk in chunks:
                if at + len(waiting) + len(chunk) > row.size:
                    words = (
                        f"超出所声明的 {row.size} 字节 / More than the {row.size} bytes declared."
                    )
                    raise UserFault("ATTACHMENT_TOO_LARGE", words)
                waiting += chunk
                if len(waiting) >= PIECE:
                    at = await keep()
        finally:
            at = await keep()
        return at

    async def _settled(self, by: Principal, row: AttachmentDoc) -> AttachmentDoc:
        """The same; judged, if all of it is here and nobody else is at it."""
        rows, now = self.desk.of(AttachmentRepository), clock.now()
        whole = row.state is AttachmentState.RECEIVING and row.received == row.size
        if not whole or not await rows.claim(row, now, now + JUDGING):
            return await rows.own(row.id, by.account_id)
        try:
            await self._judge(by, row)
        except BaseException:
            await rows.release(row)
            raise
        return await rows.own(row.id, by.account_id)

    async def _judge(self, by: Principal, row: AttachmentDoc) -> None:
        rows = self.desk.of(AttachmentRepository)
        content = await rows.assembled(row.id)
        if sha256(content).hexdigest() != row.sha256:
            await rows.begin_anew(row)
            raise UserFault(
                "ATTACHMENT_CHECKSUM",
                "校验和不符，请重新上传 / What came is not what was sent.",
                hint="Send it again from 0.",
            )
        try:
            picture = await self.judging.redrawn(content)
        except pictures.Refused as refused:
            await self._refuse(by, row, refused.code)
            return
        await rows.keep_picture(row, picture)
        await self._tell(by, row, picture)

    async def _refuse(self, by: Principal, row: AttachmentDoc, code: str) -> None:
        rows = self.desk.of(AttachmentRepository)

        async def work(tx: Tx) -> None:
            rows.change(tx, row.id, {"state": AttachmentState.REFUSED, "refused": code})
            act = Author.of(by).act("attachment.refused", row.id, after={"code": code})
            await self.desk.audit.append(act, tx=tx)
            await rows.drop_parts(row.id, tx=tx)

        await self.desk.store.transaction(work)

    async def _tell(self, by: Principal, row: AttachmentDoc, picture: pictures.Picture) -> None:
        """It can be seen from now on; its incident says so, if a report has named it already."""
        rows = self.desk.of(AttachmentRepository)

        async def work(tx: Tx) -> None:
            at = clock.now()
            fields = {
                "state": AttachmentState.READY,
                "ready_at": at,
                "width": picture.width,
                "height": picture.height,
                "stored_bytes": len(picture.content),
                "judged_until": None,
            }
            known = await rows.in_tx(tx, row.id)
            rows.change(tx, row.id, fields)
            said = {"sha256": row.sha256, "incident": known and known.incident_id}
            act = Author.of(by).act("attachment.received", row.id, after=said)
            await self.desk.audit.append(act, tx=tx)
            if known is not None and known.incident_id is not None:
                await _add(self.desk, tx, known.incident_id, row, at)
            await rows.drop_parts(row.id, tx=tx)

        await self.desk.store.transaction(work)


def named(given: object) -> list[str]:
    """The photographs that a report names, checked. Raises UserFault."""
    if given is None:
        return []
    if not isinstance(given, list) or len(given) > MOST_A_REPORT:
        words = f"照片最多 {MOST_A_REPORT} 张 / attachments: a list of at most {MOST_A_REPORT}."
        raise UserFault("TOO_MANY_ATTACHMENTS", words, path=("body", "attachments"))
    for index, one in enumerate(given):
        if not isinstance(one, str) or _UUID.match(one) is None:
            words = "编号无效 / attachments: the id of each is the UUID it is sent under."
            raise UserFault("BAD_ID", words, path=("body", "attachments", str(index)))
    return list(dict.fromkeys(given))


async def attach(
    desk: Desk, tx: Tx, ids: Sequence[str], *, owner: str, incident_id: str, at: datetime
) -> list[str]:
    """Let an incident have these photographs of its reporter's; those that can be seen already.

    The others are awaited. Raises UserFault ATTACHMENT_UNKNOWN for what is not the reporter's, or
    is another incident's.
    """
    rows, ready = desk.of(AttachmentRepository), []
    for index, one in enumerate(ids):
        known = await rows.in_tx(tx, one)
        if known is None:
            awaited = AttachmentDoc(
                id=one,
                owner=owner,
                incident_id=incident_id,
                state=AttachmentState.AWAITED,
                created_at=at,
            )
            rows.insert(tx, awaited)
            continue
        if known.owner != owner or known.incident_id is not None:
            raise UserFault(
                "ATTACHMENT_UNKNOWN",
                "照片不属于此次上报 / attachments: not of this phone's, or of another report.",
                path=("body", "attachments", str(index)),
            )
        rows.change(tx, one, {"incident_id": incident_id})
        if known.state is AttachmentState.READY:
            ready.append(one)
    return ready


async def _add(desk: Desk, tx: Tx, incident_id: str, row: AttachmentDoc, at: datetime) -> None:
    """A photograph that came after the report: in the timeline, and to the officers involved."""
    incidents = desk.of(IncidentRepository)
    incident = await incidents.for_hub(incident_id, tx=tx)
    if incident is None:
        raise NotFound("incident", incident_id)
    incident.attachments.append(row.id)
    line = entry(at, row.owner, "incident.attached", "收到照片 / A photograph has come")
    fields = {"attachments": incident.attachments}
    await incidents.change(tx, incident_id, fields, line)
    told = [incident_news(officer, incident) for officer in incident.officers]
    await desk.inbox.append(tx, told, at)


def _conflict() -> UserFault:
    return UserFault(
        "IDEMPOTENCY_CONFLICT",
        "同一编号已用于另一照片 / This id was already used for another photograph.",
        hint="Use a new id for a new photograph.",
    )


def _over_quota() -> UserFault:
    return UserFault(
        "ATTACHMENT_QUOTA",
        f"今日照片已达上限（{DAY_COUNT} 张或 {DAY_BYTES >> 20} MB） / "
        f"At most {DAY_COUNT} photographs and {DAY_BYTES >> 20} MB a day and account.",
        hint="Send it tomorrow, or ask the operator.",
    )
