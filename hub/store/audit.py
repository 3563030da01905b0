"""The audit log (审计日志): who did what to whom. Rows are added, never changed or removed here."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from hub import clock
from hub.store.documents import AuditDoc, plain
from hub.store.driver import Tx
from hub.store.pending import pending


class Audit:
    """Appends to the audit log."""

    async def append(
        self,
        actor: str,
        action: str,
        target: str,
        detail: Mapping[str, Any] | None = None,
        *,
        tx: Tx | None = None,
    ) -> AuditDoc:
        """Add one row; with `tx` it is written or not together with what it tells of.

        `actor` and `target` are ids or logins, `action` is a dotted word such as `session.revoked`.
        Never put a secret or a token into `detail`.
        """
        row = AuditDoc(
            id=uuid4().hex,
            at=clock.now(),
            actor=actor,
            action=action,
            target=target,
            detail=dict(detail or {}),
        )
        if tx is None:
            await row.insert()
        else:
            pending(tx).insert("audit", plain(row))
        return row
