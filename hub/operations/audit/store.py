"""Rows of the audit log, for whoever may read it."""

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

from hub.model.people import Role, Viewer
from hub.store.documents import AuditDoc
from hub.store.driver import Store
from hub.store.listing import NOTHING, Place, beyond, only


class AuditRows:
    """Repository of the rows of the audit log, read only: an administrator sees all of them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def visible(self, viewer: Viewer, ids: Collection[str]) -> dict[str, AuditDoc]:
        """Those of the rows that the viewer may see, by id."""
        query = {"$and": [_rows(viewer), {"_id": {"$in": [*ids]}}]}
        return {row.id: row for row in await AuditDoc.find(query).to_list()}

    async def page(
        self,
        viewer: Viewer,
        *,
        first: int,
        after: Place | None = None,
        actor: str | None = None,
        action: str | None = None,
        target: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[AuditDoc]:
        """At most `first` rows, newest first, behind `after`.

        `action`: a whole word such as `order.accepted`, or what it begins with, `order.`; `since`
        and `until` are moments, the second of which is not in it.
        """
        begins = action is not None and action.endswith(".")
        named = {"$regex": f"^{re.escape(action or '')}"} if begins else action
        moments = {**only(**{"$gte": since}), **only(**{"$lt": until})}
        asked = only(actor=actor, action=named, target=target, at=moments or None)
        terms = {"$and": [_rows(viewer), asked, beyond(after, "at")]}
        return await AuditDoc.find(terms).sort("-at", "-_id").limit(first).to_list()


def _rows(viewer: Viewer) -> dict[str, Any]:
    return {} if viewer.role is Role.ADMIN else NOTHING
