"""Walls as the command centre sees them; nobody else sees any."""

from collections.abc import Collection
from typing import Any

from hub import clock
from hub.model.people import CENTRE, Viewer
from hub.store.documents import SessionDoc
from hub.store.driver import Store, Tx
from hub.store.listing import NOTHING, Place, beyond
from hub.store.pending import pending
from hub.store.sessions import SESSIONS


def watched(viewer: Viewer) -> dict[str, Any]:
    """The row policy, as a filter: the centre all, others nothing."""
    return {} if viewer.role in CENTRE else NOTHING


class WallRows:
    """Repository of walls: of sessions that stand, those of screens that only show."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def visible(self, viewer: Viewer, ids: Collection[str]) -> dict[str, SessionDoc]:
        """Those of the walls that the viewer may see, by id."""
        query = {"$and": [watched(viewer), _standing(), {"_id": {"$in": [*ids]}}]}
        return {session.id: session for session in await SessionDoc.find(query).to_list()}

    async def get(self, wall_id: str, viewer: Viewer, *, tx: Tx) -> SessionDoc | None:
        """One wall, ended or not."""
        row = await pending(tx).row(SESSIONS, wall_id)
        if row is None or row.get("wall") is None or watched(viewer):
            return None
        found: SessionDoc = SessionDoc.model_validate(row)
        return found

    async def page(
        self, viewer: Viewer, *, first: int, after: Place | None = None
    ) -> list[SessionDoc]:
        """At most `first` walls, newest first, behind `after`."""
        terms = {"$and": [watched(viewer), _standing(), beyond(after, "created_at")]}
        return await SessionDoc.find(terms).sort("-created_at", "-_id").limit(first).to_list()


def _standing() -> dict[str, Any]:
    return {"wall": {"$ne": None}, "revoked_at": None, "expires_at": {"$gt": clock.now()}}
