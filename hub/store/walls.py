"""Screens that wish to be walls (大屏), and what they say of themselves once they are."""

from datetime import datetime, timedelta
from typing import Any

from hub.model.walls import WallPage
from hub.store.documents import SessionDoc, Wall, WallRequestDoc
from hub.store.driver import Store, Tx
from hub.store.pending import pending, seen

WALL_REQUESTS = "wall_requests"
SLOWER = 5
"""Seconds that a screen has to wait longer each time it asked too soon (RFC 8628, 3.5)."""
LEEWAY = 1
"""Seconds by which two questions may meet that were sent in time: the network is not even."""


class WallRequests:
    """Repository of wishes to be a wall."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def ask(self, request: WallRequestDoc) -> None:
        """Store a wish. Raises DuplicateKeyError if another has this user code."""
        await request.insert()

    async def by_code(
        self, user_code: str, now: datetime, *, tx: Tx | None = None
    ) -> WallRequestDoc | None:
        """The wish that shows this code, until its time is over."""
        await seen(tx, WALL_REQUESTS)
        query = {"user_code": user_code, "expires_at": {"$gt": now}}
        return await WallRequestDoc.find_one(query, session=tx)

    async def by_id(self, request_id: str) -> WallRequestDoc | None:
        """One wish, as long as it is kept."""
        return await WallRequestDoc.find_one({"_id": request_id})

    def answer(self, tx: Tx, request: WallRequestDoc, wall: Wall | None, now: datetime) -> None:
        """Let it be this wall; None refuses."""
        told = {"answered_at": now, "wall": wall and wall.model_dump()}
        pending(tx).update(WALL_REQUESTS, request.id, {"$set": told})

    async def polled(self, request: WallRequestDoc, now: datetime) -> bool:
        """Note that its screen asks; False when that was too soon, and it has to wait longer."""
        since = request.polled_at
        patience = timedelta(seconds=request.interval_s - LEEWAY)
        soon = since is not None and now - since < patience
        change: dict[str, Any] = {"$set": {"polled_at": now}}
        if soon:
            change["$inc"] = {"interval_s": SLOWER}
        await WallRequestDoc.get_pymongo_collection().update_one({"_id": request.id}, change)
        return not soon

    async def use(self, request_id: str, now: datetime, *, tx: Tx) -> bool:
        """Take what was let be; False if that was done before."""
        done = await WallRequestDoc.get_pymongo_collection().update_one(
            {"_id": request_id, "used_at": None, "wall": {"$ne": None}},
            {"$set": {"used_at": now}},
            session=tx,
        )
        return bool(done.modified_count)


async def beat(
    session_id: str, now: datetime, *, page: WallPage, frame_age_s: float, held: bool
) -> None:
    """Note that a wall lives, and what it shows; nothing where its session has ended."""
    told = {"heard_at": now, "page": page, "frame_age_s": frame_age_s, "held": held}
    await SessionDoc.get_pymongo_collection().update_one(
        {"_id": session_id, "revoked_at": None, "wall": {"$ne": None}},
        {"$set": {f"wall.{name}": value for name, value in told.items()}},
    )
