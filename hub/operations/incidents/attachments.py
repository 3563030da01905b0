"""Photographs of incidents (附件): who may see which, and how one comes in piece by piece."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from hub.errors import NotFound, UserFault
from hub.model.people import Viewer
from hub.operations.incidents.documents import (
    ATTACHMENTS,
    INCIDENTS,
    PARTS,
    UNATTACHED_DAYS,
    AttachmentDoc,
    AttachmentPartDoc,
    AttachmentState,
)
from hub.operations.incidents.store import visible_incidents
from hub.pictures import Picture
from hub.store.documents import CounterDoc, plain
from hub.store.driver import Store, Tx
from hub.store.motor_side import Attachment, forget_files, motor_attachments
from hub.store.pending import pending, seen

JPEG = "image/jpeg"
SWEPT = 200
"""Photographs that are removed at a time."""


class AttachmentRepository:
    """Photographs. Methods with a `viewer` apply the row policy; others are for the hub itself."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows = store.db[ATTACHMENTS]
        self._parts = store.db[PARTS]
        self._files = motor_attachments(store)

    async def seen(self, attachment_id: str, viewer: Viewer) -> AttachmentDoc:
        """One that can be looked at. Raises NotFound.

        Who may see it is who may see the incident it belongs to; while it belongs to none, whoever
        sent it.
        """
        row = await self._rows.find_one({"_id": attachment_id, "state": AttachmentState.READY})
        if row is not None:
            found: AttachmentDoc = AttachmentDoc.model_validate(row)
            if found.incident_id is None:
                visible = found.owner == viewer.account_id
            else:
                visible = bool(await self._visible(viewer, [found.incident_id]))
            if visible:
                return found
        raise NotFound("attachment", attachment_id)

    async def content(self, found: AttachmentDoc, *, thumbnail: bool) -> Attachment:
        """The picture, or the small one of it."""
        return await self._files.get(_small(found.id) if thumbnail else found.id)

    async def of_incidents(
        self, viewer: Viewer, incident_ids: Collection[str]
    ) -> dict[str, list[AttachmentDoc]]:
        """Those of the incidents that the viewer may see, by incident, the first to come first."""
        visible = await self._visible(viewer, incident_ids)
        ready = {"incident_id": {"$in": visible}, "state": AttachmentState.READY}
        found: dict[str, list[AttachmentDoc]] = {}
        async for row in self._rows.find(ready).sort([("ready_at", 1), ("_id", 1)]):
            found.setdefault(row["incident_id"], []).append(AttachmentDoc.model_validate(row))
        return found

    async def _visible(self, viewer: Viewer, incident_ids: Collection[str]) -> list[str]:
        query = {"$and": [{"_id": {"$in": [*incident_ids]}}, visible_incidents(viewer)]}
        return [row["_id"] async for row in self._store.db[INCIDENTS].find(query, {"_id": True})]

    async def own(self, attachment_id: str, owner: str) -> AttachmentDoc:
        """One that this account sends, however far it has come. Raises NotFound."""
        row = await self._rows.find_one({"_id": attachment_id, "owner": owner})
        if row is None:
            raise NotFound("attachment", attachment_id)
        found: AttachmentDoc = AttachmentDoc.model_validate(row)
        return found

    async def in_tx(self, tx: Tx, attachment_id: str) -> AttachmentDoc | None:
        """The row as the transaction sees it, whoever asks."""
        row = await pending(tx).row(ATTACHMENTS, attachment_id)
        return AttachmentDoc.model_validate(row) if row else None

    def insert(self, tx: Tx, row: AttachmentDoc) -> None:
        """A new one."""
        pending(tx).insert(ATTACHMENTS, plain(row))

    def change(self, tx: Tx, attachment_id: str, fields: dict[str, Any]) -> None:
        """Set fields of one."""
        pending(tx).update(ATTACHMENTS, attachment_id, {"$set": fields})

    async def sent_since(self, tx: Tx, owner: str, since: datetime) -> tuple[int, int]:
        """How many this account has begun to send since then, and their bytes.

        Of two transactions that ask it of one account at once the later one begins anew, so that no
        number of them passes a bound together.
        """
        turn = {"$inc": {"value": 1}}
        counters = self._store.db[CounterDoc.Settings.name]
        await counters.update_one({"_id": f"attachments:{owner}"}, turn, upsert=True, session=tx)
        await seen(tx, ATTACHMENTS)
        found = await self._rows.aggregate(
            [
                {"$match": {"owner": owner, "created_at": {"$gte": since}}},
                {"$group": {"_id": None, "count": {"$sum": 1}, "size": {"$sum": "$size"}}},
            ],
            session=tx,
        )
        (row,) = await found.to_list(1) or [{"count": 0, "size": 0}]
        return row["count"], row["size"]

    async def append(self, row: AttachmentDoc, offset: int, data: bytes, at: datetime) -> None:
        """Keep what comes next, durable on a majority. Raises UserFault UPLOAD_OFFSET."""
        part = AttachmentPartDoc(
            id=f"{row.id}:{offset}", attachment_id=row.id, offset=offset, data=data, at=at
        )
        here = {"_id": row.id, "state": AttachmentState.RECEIVING, "received": offset}

        async def work(tx: Tx) -> bool:
            grown = {"$set": {"received": offset + len(data)}}
            if not (await self._rows.update_one(here, grown, session=tx)).modified_count:
                return False
            await self._parts.insert_one(plain(part), session=tx)
            return True

        if not await self._store.transaction(work):
            raise offset_fault()

    async def claim(self, row: AttachmentDoc, now: datetime, until: datetime) -> bool:
        """Be the one who judges it, until then; False where somebody else is, or it is done."""
        free = [{"judged_until": None}, {"judged_until": {"$lte": now}}]
        whole = {"_id": row.id, "state": AttachmentState.RECEIVING, "received": row.size}
        change = {"$set": {"judged_until": until}}
        return bool((await self._rows.update_one({**whole, "$or": free}, change)).modified_count)

    async def release(self, row: AttachmentDoc) -> None:
        """Let another judge it."""
        change = {"$set": {"judged_until": None}}
        await self._rows.update_one({"_id": row.id, "state": AttachmentState.RECEIVING}, change)

    async def assembled(self, attachment_id: str) -> bytes:
        """All of it that has come."""
        rows = self._parts.find({"attachment_id": attachment_id}).sort("offset", 1)
        return b"".join([row["data"] async for row in rows])

    async def keep_picture(self, row: AttachmentDoc, picture: Picture) -> None:
        """Store the picture and the small one, before they can be seen."""
        await self._files.put(picture.content, JPEG, row.owner, name=row.id)
        await self._files.put(picture.thumbnail, JPEG, row.owner, name=_small(row.id))

    async def drop_parts(self, attachment_id: str, *, tx: Tx | None = None) -> None:
        """Forget what came piece by piece."""
        await self._parts.delete_many({"attachment_id": attachment_id}, session=tx)

    async def begin_anew(self, row: AttachmentDoc) -> None:
        """What has come is not what was sent: let it be sent once more."""
        anew = {"$set": {"received": 0, "judged_until": None}}

        async def work(tx: Tx) -> None:
            await self._rows.update_one({"_id": row.id}, anew, session=tx)
            await self.drop_parts(row.id, tx=tx)

        await self._store.transaction(work)

    async def outlived(self, now: datetime) -> Sequence[AttachmentDoc]:
        """Some of those that have had their time: no incident names them, or they never came."""
        old = {"created_at": {"$lt": now - timedelta(days=UNATTACHED_DAYS)}}
        lost = {"$or": [{"incident_id": None}, {"state": {"$ne": AttachmentState.READY}}]}
        rows = self._rows.find({**old, **lost}).sort("created_at", 1).limit(SWEPT)
        return [AttachmentDoc.model_validate(row) async for row in rows]

    async def remove(self, tx: Tx, row: AttachmentDoc) -> bool:
        """Remove it with all its bytes, unless something has become of it meanwhile."""
        as_it_was = {"_id": row.id, "incident_id": row.incident_id, "state": row.state}
        if not (await self._rows.delete_one(as_it_was, session=tx)).deleted_count:
            return False
        await self.drop_parts(row.id, tx=tx)
        await forget_files(self._store, [row.id, _small(row.id)], tx=tx)
        return True


def offset_fault() -> UserFault:
    """What comes does not go on where what is here ends."""
    return UserFault(
        "UPLOAD_OFFSET",
        "续传位置不符 / It does not go on where the hub's part ends.",
        hint="Ask for the offset with HEAD, and go on from there.",
    )


def _small(attachment_id: str) -> str:
    return f"{attachment_id}:thumbnail"
