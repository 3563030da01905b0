"""The audit log (审计日志): who did what to whom. Rows are added, never changed or removed here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from pymongo import UpdateOne

from hub import clock
from hub.model.people import Principal
from hub.store.documents import AuditDoc, plain
from hub.store.driver import Tx
from hub.store.pending import pending

AUDIT = "audit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What is written down. Never put a secret or a token into it.

    `actor` and `target` are ids or logins, `action` is a dotted word such as `session.revoked`.
    `authority` is the role that allowed it, `session` and `device` say from where. `before` and
    `after` hold what changed of the target, as it was and as it became.
    """

    actor: str
    action: str
    target: str
    authority: str = ""
    session: str | None = None
    device: str | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    detail: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Author:
    """Whose acts they are: who, on whose authority, in which session, from which device."""

    actor: str
    authority: str = ""
    session: str | None = None
    device: str | None = None

    @classmethod
    def of(cls, principal: Principal) -> "Author":
        """The caller, by role."""
        return cls(principal.account_id, principal.role, principal.session_id, principal.device_id)

    def act(
        self,
        action: str,
        target: str,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> Act:
        """What this one did."""
        return Act(
            actor=self.actor,
            action=action,
            target=target,
            authority=self.authority,
            session=self.session,
            device=self.device,
            before=before,
            after=after,
            detail=detail,
        )


SHELL = Author("server shell", "server shell")
"""Whoever may run commands on the server."""
HUB = Author("hub", "hub")
"""The hub itself."""


class Audit:
    """Appends to the audit log."""

    async def append(self, act: Act, *, tx: Tx | None = None) -> None:
        """Add one row; with `tx` it is written or not together with what it tells of."""
        row = _row(uuid4().hex, act)
        if tx is None:
            await row.insert()
        else:
            pending(tx).insert(AUDIT, plain(row))

    async def append_once(self, acts: Mapping[str, Act]) -> None:
        """Add rows under ids of the caller's, of which those that are there already stay."""
        rows = (plain(_row(id_, act)) for id_, act in acts.items())
        changes = [
            UpdateOne({"_id": row.pop("_id")}, {"$setOnInsert": row}, upsert=True) for row in rows
        ]
        if changes:
            await AuditDoc.get_pymongo_collection().bulk_write(changes, ordered=False)


def _row(id_: str, act: Act) -> AuditDoc:
    return AuditDoc(
        id=id_,
        at=clock.now(),
        actor=act.actor,
        action=act.action,
        target=act.target,
        authority=act.authority,
        session=act.session,
        device=act.device,
        before=_copy(act.before),
        after=_copy(act.after),
        detail=dict(act.detail or {}),
    )


def _copy(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if values is None else dict(values)
