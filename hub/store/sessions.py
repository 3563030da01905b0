"""Sessions: who is signed in where, and the rotation of their refresh tokens (stored hashed)."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from hub.store.documents import SessionDoc, plain
from hub.store.driver import Tx
from hub.store.pending import pending

SESSIONS = "sessions"

GRACE = timedelta(seconds=10)
"""How long a refresh token still works after it was replaced: the reply may have been lost."""


class Rotation(StrEnum):
    """What presenting a refresh token led to. REUSED: the session stands, and must be revoked."""

    ROTATED = "ROTATED"
    REUSED = "REUSED"
    GONE = "GONE"


class Sessions:
    """Repository of sessions. Every step of a rotation is one atomic update."""

    def open(self, session: SessionDoc, *, tx: Tx) -> None:
        """Store a new session with the rest of `tx`."""
        pending(tx).insert(SESSIONS, plain(session))

    async def by_id(self, session_id: str) -> SessionDoc | None:
        """One session, revoked or not; None once it has expired."""
        return await SessionDoc.find_one({"_id": session_id})

    async def by_ids(self, session_ids: Collection[str]) -> list[SessionDoc]:
        """Those of the sessions that exist."""
        return await SessionDoc.find({"_id": {"$in": list(session_ids)}}).to_list()

    async def given_to(
        self, session_id: str, account_id: str, device_id: str, refresh_hash: str
    ) -> bool:
        """Whether the last refresh token, or the one before, of this session is that one.

        Also of a session that was ended: until it would have expired its phone is remembered.
        """
        either = [{"refresh_hash": refresh_hash}, {"previous_hash": refresh_hash}]
        query = {"_id": session_id, "account_id": account_id, "device_id": device_id, "$or": either}
        return await SessionDoc.find_one(query) is not None

    async def rotate(
        self, session_id: str, presented: str, fresh: str, *, now: datetime, expires_at: datetime
    ) -> Rotation:
        """Replace the refresh token whose hash is `presented` by the one whose hash is `fresh`.

        The token before the current one is taken for GRACE after it was replaced. Any other token
        of this session was used before, by somebody: REUSED.
        """
        alive = {"_id": session_id, "revoked_at": None, "expires_at": {"$gt": now}}
        rows = SessionDoc.get_pymongo_collection()
        turned = await rows.update_one(
            {**alive, "refresh_hash": presented},
            {
                "$set": {
                    "refresh_hash": fresh,
                    "previous_hash": presented,
                    "rotated_at": now,
                    "expires_at": expires_at,
                }
            },
        )
        if turned.matched_count:
            return Rotation.ROTATED
        again = await rows.update_one(
            {**alive, "previous_hash": presented, "rotated_at": {"$gte": now - GRACE}},
            {"$set": {"refresh_hash": fresh, "expires_at": expires_at}},
        )
        if again.matched_count:
            return Rotation.ROTATED
        return Rotation.REUSED if await rows.find_one(alive, {"_id": 1}) else Rotation.GONE

    async def revoke(self, session_id: str, *, now: datetime, tx: Tx | None = None) -> bool:
        """End a session; False when it had ended already."""
        rows = SessionDoc.get_pymongo_collection()
        done = await rows.update_one(
            {"_id": session_id, "revoked_at": None}, {"$set": {"revoked_at": now}}, session=tx
        )
        return bool(done.modified_count)

    async def revoke_all(self, account_id: str, *, now: datetime, tx: Tx) -> list[str]:
        """End every session of an account; the ids of those that had not ended."""
        rows = SessionDoc.get_pymongo_collection()
        standing = {"account_id": account_id, "revoked_at": None}
        ended = [row["_id"] async for row in rows.find(standing, {"_id": 1}, session=tx)]
        pending(tx).update_all(SESSIONS, {"_id": {"$in": ended}}, {"$set": {"revoked_at": now}})
        return ended
