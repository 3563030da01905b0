"""The audit log, read: types and query roots."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Self

import strawberry

from hub.access.verifying import glanced
from hub.model.people import Scope
from hub.operations.audit.store import AuditRows
from hub.rules.audit_chain import Fault, moment
from hub.store.listing import Place
from schema.context import row_of
from schema.enums import worded
from schema.nodes import (
    FIRST_DEFAULT,
    Connection,
    Node,
    connect,
    decode_cursor,
    node_type,
    page_size,
)
from schema.people.types import Officer, person
from schema.policy import SIGNED_IN
from schema.projection import (
    Entity,
    Info,
    Row,
    computed,
    described,
    entity,
    root,
    stored,
    value,
)
from schema.transit.arguments import After, First

if TYPE_CHECKING:
    from schema.context import SchemaContext

READ = Scope.AUDIT_READ
OF_PERSONS = ("duty", "account", "officer", "session", "sessions")
"""Acts that are about a person: `about` says whom."""
worded(
    Fault,
    "What is wrong with the audit log (审计日志异常).",
    {
        Fault.ALTERED: "A row is not what was sealed (被改).",
        Fault.DROPPED: "Rows are missing (缺失).",
        Fault.REORDERED: "A row is not where it belongs (错位).",
        Fault.FOREIGN: "A row was not sealed by this hub (非本机封存).",
        Fault.HEAD_MISSING: "Rows are sealed, and nothing says where they end (链末缺失).",
        Fault.HEAD_FORGED: "The head is not signed by this hub (链末签名不是本机所签).",
        Fault.HEAD_DIFFERS: "The head is not what was signed (与已签链末不符).",
        Fault.KEPT_DIFFERS: "Not the head that was kept elsewhere (与另存的链末不符).",
        Fault.UNSEALED: "Rows wait for more than ten minutes to be sealed (久未封存).",
    },
    name="AuditFault",
)


@value(policy=SIGNED_IN)
class AuditValue:
    """One thing that a row says (字段)."""

    name: str = described("What it is called", zh="名称")
    before: str | None = described("As it was: JSON; null for what was not there", zh="之前")
    after: str | None = described("As it became: JSON; null for what is not said", zh="之后")


@node_type
@entity(policy=READ)
class AuditEntry(Node):
    """A row of the audit log (审计记录): who did what, on whose authority, to what.

    What it was about is a field for each sort of thing, added where that is declared.
    """

    at: datetime = stored("at", "When, by the database's clock", zh="时间")
    actor: str = stored(
        "actor",
        "The account; `server shell`, `hub`; of a sign-in that was refused what was tried",
        zh="操作者",
    )
    person: Officer | None = person("actor", "The same, where it is a person", zh="人员")
    action: str = stored("action", "What, such as order.accepted", zh="操作")
    target: str = stored("target", "To what: an id", zh="对象")
    authority: str = stored("authority", "The role that allowed it", zh="权限依据")
    session: str | None = stored("session", "In which session", zh="会话")
    device: str | None = stored("device", "On which phone", zh="设备")
    seq: int | None = stored("seq", "Its number in the chain; null: not sealed yet", zh="序号")

    @classmethod
    async def load(cls, context: "SchemaContext", key: str) -> Self | None:
        """The row, if the caller may see it."""
        return cls.of(await context.load.of(AuditRows).load(key))

    @computed(needs=("action", "target"), zh="所涉人员", policy=Scope.PEOPLE_READ)
    async def about(self, context: "SchemaContext") -> Officer | None:
        """The person it was about: whose duty, account or whereabouts; null if about none."""
        key = acted_on(self, *OF_PERSONS)
        return await Officer.load(context, key) if key else None

    @computed(needs=("before", "after"), zh="变更", size=10)
    def changes(self, _context: "SchemaContext") -> list[AuditValue]:
        """What changed of the target, by name."""
        before, after = self.doc["before"] or {}, self.doc["after"] or {}
        return [
            AuditValue(name=name, before=_said(before, name), after=_said(after, name))
            for name in sorted({*before, *after})
        ]

    @computed(needs=("detail",), zh="其他")
    def details(self, _context: "SchemaContext") -> list[AuditValue]:
        """What else is known, such as the network address of a sign-in."""
        known = self.doc["detail"]
        return [
            AuditValue(name=name, before=None, after=_said(known, name)) for name in sorted(known)
        ]


@value(policy=SIGNED_IN)
class AuditState:
    """Whether the audit log is sealed (封存状态). `liandong audit verify` walks all of it."""

    sealed: int = described("The number of the last row that is sealed; 0: none is", zh="已封存")
    hash: str | None = described("The end of the chain: keep it elsewhere", zh="链末")
    sealed_at: datetime | None = described("When it was sealed", zh="封存时间")
    faults: list[Fault] = described("What is wrong with the end, and with what waits", zh="异常")


@strawberry.type
class Query:
    """Roots about the audit log."""

    @root(READ, "Rows of the audit log, newest first", zh="审计日志")
    async def audit_entries(
        self,
        info: Info,
        actor: Annotated[
            str | None, strawberry.argument(description="Only by this one (操作者).")
        ] = None,
        action: Annotated[
            str | None,
            strawberry.argument(
                description="Only this, such as order.accepted; order. for what begins so (操作)."
            ),
        ] = None,
        target: Annotated[
            str | None, strawberry.argument(description="Only about this id (对象).")
        ] = None,
        since: Annotated[
            datetime | None, strawberry.argument(description="From this moment on (开始).")
        ] = None,
        until: Annotated[
            datetime | None, strawberry.argument(description="Before this moment (结束).")
        ] = None,
        first: First = FIRST_DEFAULT,
        after: After = None,
    ) -> Connection[AuditEntry]:
        """By the time they were written."""
        context, at = info.context, decode_cursor(after, datetime, str)
        found = await context.services.of(AuditRows).page(
            context.viewer,
            first=page_size(first) + 1,
            after=Place(*at) if at else None,
            actor=actor,
            action=action,
            target=target,
            since=since,
            until=until,
        )
        rows = [row_of(row) for row in found]
        return connect(rows, first=first, after=after, wrap=AuditEntry, place=_place)

    @root(READ, "Whether the audit log is sealed, and by this hub", zh="封存状态")
    async def audit_state(self, info: Info) -> AuditState:
        """Of its end and of what waits: no row is read."""
        standing, findings = await glanced(info.context.services.tokens.audit_chain)
        head = standing.head
        return AuditState(
            sealed=head.seq if head else 0,
            hash=head.hash if head else None,
            sealed_at=head.at if head else None,
            faults=[finding.fault for finding in findings],
        )


def acted_on(entry: Entity, *kinds: str) -> str | None:
    """The id that an act of one of these kinds was about: of a ledger, its subject's."""
    kind, _, _ = entry.doc["action"].partition(".")
    subject, _, _ = entry.doc["target"].partition(":")
    return subject if kind in kinds else None


def _place(row: Row) -> tuple[datetime, str]:
    return row["at"], row["_id"]


def _said(values: Mapping[str, Any], name: str) -> str | None:
    if name not in values:
        return None
    return json.dumps(values[name], ensure_ascii=False, default=_other)


def _other(given: object) -> str:
    return moment(given) if isinstance(given, datetime) else str(given)
