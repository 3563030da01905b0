"""Bulletins: types, inputs, query, mutation and subscription roots; `hub.operations` decides."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Self

import strawberry

from hub.errors import NotFound
from hub.model.operations import OrderPriority
from hub.model.people import Scope
from hub.operations.asking.audience import Audience, audience_of
from hub.operations.asking.store import Recipients
from hub.operations.bulletins.actions import (
    audience_preview,
    publish_bulletin,
    request_of,
    withdraw_bulletin,
)
from hub.operations.bulletins.asked import BulletinAsked
from hub.operations.bulletins.documents import BulletinDoc, BulletinState
from hub.operations.bulletins.store import BulletinRepository
from schema import enums
from schema.context import row_of
from schema.enums import worded
from schema.listing import Page, listing
from schema.nodes import (
    FIRST_DEFAULT,
    Connection,
    Node,
    connect,
    decode_cursor,
    key_of,
    node_type,
    page_size,
)
from schema.operations.alarms import Alarm, about
from schema.operations.asking import Recipient
from schema.operations.audit import AuditEntry, acted_on
from schema.operations.common import (
    DispatchWarning,
    Keyed,
    Payload,
    act,
    answers,
    at_desk,
    by_ledgers,
    key_named,
    mutation,
    warnings_told,
)
from schema.people.queries import OfUnit, known_unit
from schema.people.types import Officer, Unit, person, unit_of, units_of
from schema.policy import SIGNED_IN
from schema.projection import Info, Row, adds, computed, described, entity, root, stored, value
from schema.transit.arguments import After, First

if TYPE_CHECKING:
    from schema.context import SchemaContext

READ = Scope.BULLETINS_READ
worded(
    BulletinState,
    "Whether a bulletin still stands (通报状态).",
    {
        BulletinState.PUBLISHED: "It holds (已发布).",
        BulletinState.WITHDRAWN: "Not to be acted on any more (已撤回).",
    },
)
StateOnly = Annotated[
    BulletinState | None, strawberry.argument(description="Only in this state (状态).")
]
OfBulletin = Annotated[strawberry.ID, strawberry.argument(description="The bulletin (通报).")]
Stages = Annotated[
    list[enums.Stage] | None,
    strawberry.argument(description="Only who is at one of these; SEEN is read (阶段)."),
]


@node_type
@entity(policy=READ)
class Bulletin(Node):
    """A bulletin (信息通报): a unit lets others know, and sees who has read it."""

    number: str = stored("number", "TBYYYYMMDD-NNN", zh="编号")
    title: str = stored("title", "Title", zh="标题")
    text: str = stored("text", "What is to be known", zh="内容")
    urgency: enums.OrderPriority = stored("priority", "How loudly phones say it", zh="紧急程度")
    state: BulletinState = stored("state", "Whether it still stands", zh="通报状态")
    published_by: Officer | None = person("created_by", "Who published it", zh="发布人")
    published_at: datetime = stored("created_at", "When it was published", zh="发布时间")
    withdrawn_by: Officer | None = person("withdrawn_by", "Who withdrew it", zh="撤回人")
    withdrawn_at: datetime | None = stored("ended_at", "When it was withdrawn", zh="撤回时间")
    withdrawn_reason: str | None = stored("reason", "Why it was withdrawn", zh="撤回原因")
    all_on_duty: bool = stored(
        "all_on_duty", "Whether it was meant for everybody on duty", zh="全部在岗人员"
    )
    remind_after_seconds: int = stored(
        "within_s", "After how long who has not read it is reminded", zh="催办时限"
    )

    @classmethod
    async def load(cls, context: "SchemaContext", key: str) -> Self | None:
        """The bulletin, if the caller may see it."""
        return cls.of(await context.load.of(BulletinRepository).load(key))

    @computed(needs=("unit",), zh="发布单位", policy=Scope.UNITS_READ)
    async def unit(self, context: "SchemaContext") -> Unit | None:
        """The unit that published it; null for the command centre."""
        return await unit_of(context, self.doc["unit"])

    @computed(needs=("units",), zh="接收单位", policy=Scope.UNITS_READ)
    async def units(self, context: "SchemaContext") -> list[Unit]:
        """Units of the people it went to."""
        return await units_of(context, self.doc["units"])

    @computed(needs=("corrects",), zh="更正自")
    async def corrects(self, context: "SchemaContext") -> "Bulletin | None":
        """The bulletin whose place it takes; null for none, or not the caller's to see."""
        key = self.doc["corrects"]
        return await Bulletin.load(context, key) if key else None

    @computed(needs=("replaced_by",), zh="更正为")
    async def replaced_by(self, context: "SchemaContext") -> "Bulletin | None":
        """The bulletin that took its place; null for none, or not the caller's to see."""
        key = self.doc["replaced_by"]
        return await Bulletin.load(context, key) if key else None

    untold_count: int = stored(
        "untold",
        "How many of its audience are still to be told: of it, or once it is withdrawn of that. "
        "Thousands are told by and by, and are not in `recipients` before",
        zh="待通知人数",
    )

    @computed(needs=("recipients",), zh="接收人数")
    def audience_count(self, _context: "SchemaContext") -> int:
        """How many people it goes to; of one withdrawn, how many had been told of it."""
        return len(self.doc["recipients"])

    @computed(needs=("id",), zh="已读人数")
    async def read_count(self, context: "SchemaContext") -> int:
        """How many of them have read it, whoever may see which."""
        return await context.load.values(Recipients, Recipients.readers).load(self.key) or 0

    @computed(needs=("id",), zh="阅读情况", size=20)
    async def recipients(self, context: "SchemaContext") -> list[Recipient]:
        """How far it has come with whom, of those the caller may see; SEEN is read.

        The first 500 who were told: of more there are pages, `bulletinRecipients`.
        """
        ledgers = context.load.lists(Recipients, Recipients.first_of)
        return [Recipient(row) for row in await ledgers.load(self.key)]


@adds(Alarm, "bulletin")
@computed(needs=("about",), zh="通报", policy=READ)
async def _of_alarm(self: Alarm, context: "SchemaContext") -> Bulletin | None:
    """The bulletin it is about; null if about none, or not the caller's to see."""
    key = about(self, "bulletin")
    return await Bulletin.load(context, key) if key else None


@adds(AuditEntry, "bulletin")
@computed(needs=("action", "target"), zh="通报", policy=READ)
async def _of_act(self: AuditEntry, context: "SchemaContext") -> Bulletin | None:
    """The bulletin it was about; null if about none, or not the caller's to see."""
    key = acted_on(self, "bulletin")
    return await Bulletin.load(context, key) if key else None


@strawberry.input(description="Who is to know (接收范围); what is named adds up.")
class AudienceInput:
    """Units, persons, everybody on duty."""

    units: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Everybody of these units: ids or codes (单位)."
    )
    officers: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="These persons, by id or login (人员)."
    )
    all_on_duty: bool = strawberry.field(
        default=False, description="Everybody who is on duty now (全部在岗人员)."
    )


@strawberry.input(description="A new bulletin (发布通报), or one that corrects another.")
class PublishBulletinInput(Keyed):
    """What is to be known, and by whom."""

    title: str = strawberry.field(description="Title, at most 200 characters (标题).")
    text: str = strawberry.field(description="What is to be known (内容).")
    audience: AudienceInput | None = strawberry.field(
        default=None,
        description="Who is to know; null with `corrects`: whoever had that one (接收范围).",
    )
    urgency: enums.OrderPriority = strawberry.field(
        default=enums.OrderPriority.ROUTINE, description="How loudly phones say it (紧急程度)."
    )
    remind_after_seconds: int | None = strawberry.field(
        default=None,
        description="After how long who has not read it is reminded, twice at most;"
        " null: 300 s if urgent, else an hour (催办时限).",
    )
    corrects: strawberry.ID | None = strawberry.field(
        default=None, description="The bulletin whose place it takes, withdrawn with it (更正)."
    )


@strawberry.input(description="The withdrawal of a bulletin (撤回通报).")
class WithdrawBulletinInput(Keyed):
    """Which bulletin, and why."""

    bulletin: strawberry.ID = strawberry.field(description="The bulletin (通报).")
    reason: str = strawberry.field(description="Why (原因).")


@strawberry.input(description="That a bulletin was read (已读).")
class ReadBulletinInput(Keyed):
    """Which bulletin."""

    bulletin: strawberry.ID = strawberry.field(description="The bulletin (通报).")


@value(policy=SIGNED_IN)
class AudiencePreview:
    """Whom a bulletin would reach (接收范围预览)."""

    people: int = described("How many people, each once", zh="接收人数")
    unwakeable: int = described("Of them whom no push wakes", zh="不可唤醒人数")


@value(policy=SIGNED_IN)
class BulletinPayload(Payload):
    """What became of the bulletin."""

    warnings: list[DispatchWarning] = described(
        "Whom a bulletin that was published will not wake", zh="提示"
    )
    bulletin: Bulletin | None = described("The bulletin after it; null with errors", zh="通报")


@listing(
    READ,
    "Bulletins the caller may see",
    Bulletin,
    zh="通报",
    by="created_at",
    collections={"bulletins", "recipients"},
    **by_ledgers(BulletinAsked),
)
async def _bulletins(
    context: "SchemaContext", page: Page, state: StateOnly = None, unit: OfUnit = None
) -> list[BulletinDoc]:
    """`unit`: those that this unit has published. Who reads one changes it."""
    found = await context.services.of(BulletinRepository).page(
        context.viewer,
        first=page.first,
        after=page.after,
        state=state,
        unit=None if unit is None else key_of(unit, "Unit", "unit"),
    )
    if not found:
        await known_unit(context, unit)
    return found


def _audience(given: AudienceInput) -> Audience:
    return audience_of(
        units=[key_of(unit, "Unit", "audience", "units") for unit in given.units],
        officers=[key_of(name, "Officer", "audience", "officers") for name in given.officers],
        all_on_duty=given.all_on_duty,
    )


@strawberry.type
class Query:
    """Roots about bulletins."""

    bulletins = _bulletins.asked

    @root(READ, "A bulletin by its id or number; null if not the caller's to see", zh="通报")
    async def bulletin(self, info: Info, id: strawberry.ID) -> Bulletin | None:  # noqa: A002
        """Absent and forbidden look the same."""
        return await Bulletin.load(
            info.context, await key_named(info.context, id, "Bulletin", "id")
        )

    @root(Scope.BULLETINS_WRITE, "How many a bulletin would go to now", zh="接收人数预览")
    async def bulletin_audience(self, info: Info, audience: AudienceInput) -> AudiencePreview:
        """Nobody is told of anything."""
        people, silent = await audience_preview(*at_desk(info), _audience(audience))
        return AudiencePreview(people=people, unwakeable=silent)

    @root(READ, "Who was told of a bulletin, and who has read it, in pages", zh="阅读情况")
    async def bulletin_recipients(
        self,
        info: Info,
        bulletin: OfBulletin,
        stages: Stages = None,
        first: First = FIRST_DEFAULT,
        after: After = None,
    ) -> Connection[Recipient]:
        """Of those the caller may see, in the order they were told."""
        context, key = info.context, await key_named(info.context, bulletin, "Bulletin", "bulletin")
        if await Bulletin.load(context, key) is None:
            raise NotFound("bulletin", key, path=("bulletin",))
        found = await context.services.of(Recipients).page(
            context.viewer,
            key,
            first=page_size(first) + 1,
            after=decode_cursor(after, datetime, str),
            stages=stages,
        )
        rows = [row_of(ledger) for ledger in found]
        return connect(rows, first=first, after=after, wrap=Recipient, place=_told)


def _told(row: Row) -> tuple[object, ...]:
    return row["created_at"], row["_id"]


@answers(BulletinPayload)
def _written(bulletin: BulletinDoc | None) -> dict[str, Any]:
    return {"bulletin": Bulletin(row_of(bulletin)) if bulletin else None, "warnings": []}


@answers(BulletinPayload)
def _warned(bulletin: BulletinDoc | None) -> dict[str, Any]:
    warnings = bulletin.warnings if bulletin else ()
    return {**_written.shown(bulletin), "warnings": warnings_told(warnings)}


@strawberry.type
class Mutation:
    """What is done with bulletins."""

    @mutation(
        Scope.BULLETINS_WRITE, "Let others know, and see who has read it", _warned, zh="发布通报"
    )
    async def publish_bulletin(self, info: Info, input: PublishBulletinInput) -> BulletinDoc:  # noqa: A002
        """Once per clientMutationId."""
        audience = input.audience or AudienceInput()
        path = ("audience", "units"), ("audience", "officers")
        asked = request_of(
            title=input.title,
            text=input.text,
            units=[key_of(unit, "Unit", *path[0]) for unit in audience.units],
            officers=[key_of(name, "Officer", *path[1]) for name in audience.officers],
            all_on_duty=audience.all_on_duty,
            urgency=OrderPriority(input.urgency),
            remind_after_s=input.remind_after_seconds,
            corrects=input.corrects
            and await key_named(info.context, input.corrects, "Bulletin", "corrects"),
        )
        return await publish_bulletin(*at_desk(info), asked, input.client_mutation_id)

    @mutation(
        Scope.BULLETINS_WRITE, "Take a bulletin back; its readers are told", _written, zh="撤回通报"
    )
    async def withdraw_bulletin(self, info: Info, input: WithdrawBulletinInput) -> BulletinDoc:  # noqa: A002
        """Once per clientMutationId; a liaison withdraws its own unit's."""
        return await withdraw_bulletin(
            *at_desk(info),
            bulletin_id=await key_named(info.context, input.bulletin, "Bulletin", "bulletin"),
            reason=input.reason,
            key=input.client_mutation_id,
        )

    @root(Scope.FIELD_WORK, "Say that one has read a bulletin", zh="已读")
    async def read_bulletin(self, info: Info, input: ReadBulletinInput) -> BulletinPayload:  # noqa: A002
        """Once per clientMutationId: the same as the field app's `bulletin.read`."""
        key, given = input.client_mutation_id, input.bulletin

        async def body() -> dict[str, str]:
            return {"bulletinId": await key_named(info.context, given, "Bulletin", "bulletin")}

        errors = await act(info.context, "bulletin.read", key, body)
        found = (
            None
            if errors
            else await Bulletin.load(info.context, await key_named(info.context, given, "Bulletin"))
        )
        return BulletinPayload(
            client_mutation_id=key, user_errors=errors, warnings=[], bulletin=found
        )


@strawberry.type
class Subscription:
    """Bulletins, live."""

    bulletins = _bulletins.followed
