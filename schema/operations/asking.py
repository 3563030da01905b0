"""What people are asked, shown alike for every capability that asks: ledgers and their steps.

What leads to a ledger says who may read it, and which of its rows.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from hub.model.channels import PushChannel
from hub.operations.asking.store import Recipients
from schema import enums
from schema.open_enums import made, stored_word
from schema.people.types import Officer, person
from schema.policy import SIGNED_IN
from schema.projection import Entity, embedded, entity, stored

if TYPE_CHECKING:
    from schema.context import SchemaContext

LedgerChannel = made(
    "LedgerChannel",
    "How a step of an order with a recipient was learnt (渠道).",
    {
        "hub": "The hub did it (中枢).",
        "escalation": "The hub did it, since somebody did not answer (升级).",
        **{one.value: one.said for one in PushChannel},
        "sync": "The phone asked for news (同步).",
        "events": "By the phone's stream of events (实时流).",
        "actions": "The person said so (手机回报).",
    },
    other="By another way (其他).",
)


@entity(policy=SIGNED_IN)
class LedgerEntry(Entity):
    """One step of an order with one recipient (签收记录)."""

    stage: enums.Stage = stored("stage", "Which step", zh="阶段")
    at: datetime = stored("at", "When, by the hub's clock", zh="时间")
    channel: str = stored_word(
        "channel", LedgerChannel, "How it was learnt", zh="渠道", graphql_type=LedgerChannel
    )
    device_at: datetime | None = stored("device_at", "When, by the phone's clock", zh="设备时间")
    note: str | None = stored("note", "Remark", zh="备注")


@entity(policy=SIGNED_IN)
class Recipient(Entity):
    """An order with one of its recipients: how far it has come (签收情况)."""

    stage: enums.Stage = stored("stage", "How far it has come", zh="阶段")
    entries: list[LedgerEntry] = embedded("entries", "Every step, oldest first", zh="签收记录")
    next_step_at: datetime | None = stored(
        "next_step_at", "When it escalates if not accepted", zh="升级时间"
    )
    nobody_next: bool = stored(
        "nobody_next", "Whether nobody was left to be asked in this one's place", zh="无人可接"
    )
    reassigned_because: str | None = stored(
        "reassigned_because", "Why the watch has given it to somebody else", zh="改派原因"
    )
    escalated_from: Officer | None = person(
        "escalated_from",
        "In whose place: who did not answer, or from whom it was taken",
        zh="升级或改派自",
    )
    escalated_from_round: int = stored(
        "escalated_from_round", "In which of that one's rounds", zh="升级或改派自轮次"
    )
    officer: Officer | None = person("account_id", "Who", zh="队员")
    round: int = stored(
        "round", "How often this one has been asked by then: each time has its ledger", zh="轮次"
    )
    unwoken: bool = stored(
        "unwoken",
        "Whether nothing could wake their phone, and nothing was heard of it since",
        zh="未唤醒",
    )


async def recipients_of(context: "SchemaContext", subject: str) -> list[Recipient]:
    """The recipients of what has this key whom the caller may see, in the order they were asked."""
    ledgers = context.load.lists(Recipients, Recipients.visible)
    return [Recipient(row) for row in await ledgers.load(subject)]
