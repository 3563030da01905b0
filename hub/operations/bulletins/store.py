"""Bulletins (信息通报): who may see which, and the writes that publish and withdraw them."""

from collections.abc import Collection
from typing import Any

from hub.model.people import Role, Viewer
from hub.operations.bulletins.documents import BULLETINS, BulletinDoc, BulletinState
from hub.store.documents import plain
from hub.store.driver import Document, Store, Tx
from hub.store.listing import NOTHING, Place, beyond, only
from hub.store.pending import pending, seen

_NEWEST = [("created_at", -1), ("_id", -1)]


def visible_bulletins(viewer: Viewer) -> dict[str, Any]:
    """The row policy of bulletins, as a filter.

    The centre sees all, a liaison those of its unit and those to somebody of it, an officer those
    to the officer, a partner none.
    """
    if viewer.sees_everything:
        return {}
    mine: dict[str, Any] = {"recipients": viewer.account_id}
    if viewer.role is Role.LIAISON and viewer.unit is not None:
        return {"$or": [{"unit": viewer.unit}, {"units": viewer.unit}, mine]}
    return mine if viewer.role in {Role.OFFICER, Role.LIAISON} else NOTHING


class BulletinRepository:
    """Bulletins. Methods with a `viewer` apply the row policy; others are for the hub itself."""

    def __init__(self, store: Store) -> None:
        self._bulletins = store.db[BULLETINS]

    async def get(
        self, bulletin_id: str, viewer: Viewer, *, tx: Tx | None = None
    ) -> BulletinDoc | None:
        """The bulletin, or None if it is absent or not the viewer's to see."""
        query = {"$and": [{"_id": bulletin_id}, visible_bulletins(viewer)]}
        await seen(tx, BULLETINS)
        row = await self._bulletins.find_one(query, session=tx)
        return BulletinDoc.model_validate(row) if row else None

    async def visible(
        self, viewer: Viewer, bulletin_ids: Collection[str]
    ) -> dict[str, BulletinDoc]:
        """Those of the bulletins that the viewer may see, by id."""
        query = {"$and": [{"_id": {"$in": list(bulletin_ids)}}, visible_bulletins(viewer)]}
        rows = self._bulletins.find(query)
        return {row["_id"]: BulletinDoc.model_validate(row) async for row in rows}

    async def page(
        self,
        viewer: Viewer,
        *,
        first: int,
        after: Place | None = None,
        state: BulletinState | None = None,
        unit: str | None = None,
    ) -> list[BulletinDoc]:
        """At most `first` bulletins, newest first by (created_at, id), behind `after`.

        `unit`: those that this unit has published.
        """
        asked = only(state=state, unit=unit)
        terms = [visible_bulletins(viewer), beyond(after, "created_at"), asked]
        rows = self._bulletins.find({"$and": terms}).sort(_NEWEST).limit(first)
        return [BulletinDoc.model_validate(row) async for row in rows]

    async def for_hub(self, bulletin_id: str, *, tx: Tx) -> BulletinDoc | None:
        """The bulletin whoever asks: for the hub's own steps, never for an answer to a caller."""
        row: Document | None = await pending(tx).row(BULLETINS, bulletin_id)
        return BulletinDoc.model_validate(row) if row else None

    async def by_ids(self, bulletin_ids: Collection[str], *, tx: Tx) -> dict[str, BulletinDoc]:
        """Bulletins by id, for the hub's own steps."""
        await seen(tx, BULLETINS)
        rows = self._bulletins.find({"_id": {"$in": list(bulletin_ids)}}, session=tx)
        return {row["_id"]: BulletinDoc.model_validate(row) async for row in rows}

    def insert(self, tx: Tx, bulletin: BulletinDoc) -> None:
        """Store a new bulletin."""
        pending(tx).insert(BULLETINS, plain(bulletin))
