"""Orders (指令): somebody is to do something, and says so; it never rests silently."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from hub.model.operations import Stage
from hub.operations.asking.answers import AnswerBody, answers
from hub.operations.asking.reach import WARNINGS
from hub.operations.asking.store import Recipients
from hub.operations.capability import Capability
from hub.operations.desk import Desk
from hub.operations.incidents.news import incident_news
from hub.operations.incidents.store import IncidentRepository
from hub.operations.orders.actions import cancel_open_of
from hub.operations.orders.alarms import ORDER_UNANSWERED
from hub.operations.orders.asked import OrderAsked
from hub.operations.orders.documents import OrderDoc
from hub.operations.orders.news import SyncedOrder, order_news
from hub.operations.orders.store import OrderRepository
from hub.store.documents import AccountDoc
from hub.store.driver import Tx
from hub.store.news import News


class Answer(AnswerBody):
    """An answer to an order (指令回报)."""

    order_id: str = Field(
        min_length=1,
        max_length=256,
        description="`data.id` of the order, its global id from GraphQL, or its `number`",
    )
    round: int | None = Field(
        default=None, ge=1, description="which `round` of the order is answered; else the last"
    )


async def _standing(
    desk: Desk, tx: Tx, account: AccountDoc, since: datetime, most: int
) -> Sequence[News]:
    """Orders that have not ended for the officer, the last that have, each with its incident."""
    ledgers, kind, ended = desk.of(Recipients), OrderAsked.kind, OrderAsked.ended
    rows = await ledgers.live_of_account(tx, account.id, kind, ended=ended)
    rows += await ledgers.ended_of_account(
        tx, account.id, kind, ended=ended, since=since, limit=most
    )
    orders = await desk.of(OrderRepository).by_ids({row.subject_id for row in rows}, tx=tx)
    incidents = await desk.of(IncidentRepository).by_ids({row.lane for row in rows}, tx=tx)
    told = [incident_news(account.id, incident) for incident in incidents.values()]
    told += [
        order_news(orders[row.subject_id], row, incidents[row.lane])
        for row in sorted(rows, key=lambda row: row.created_at)
    ]
    return told


CAPABILITY = Capability(
    documents=(OrderDoc,),
    field_actions={
        "order.received": answers(OrderAsked, Stage.RECEIVED, Answer, "the phone has it (送达)"),
        "order.seen": answers(OrderAsked, Stage.SEEN, Answer, "shown to the officer (已读)"),
        "order.accepted": answers(
            OrderAsked,
            Stage.ACCEPTED,
            Answer,
            "the officer takes it (签收); this ends the escalation",
        ),
        "order.declined": answers(
            OrderAsked, Stage.DECLINED, Answer, "the next person is asked at once (拒收)"
        ),
        "order.enRoute": answers(OrderAsked, Stage.EN_ROUTE, Answer, "on the way (在途)"),
        "order.arrived": answers(OrderAsked, Stage.ARRIVED, Answer, "on scene (到场)"),
        "order.done": answers(OrderAsked, Stage.DONE, Answer, "done (完毕)"),
    },
    acts=("order.dispatched", "order.reassigned", "order.cancelled"),
    news={"order": SyncedOrder},
    snapshot=_standing,
    asks=OrderAsked,
    closing=cancel_open_of,
    lines={
        "order.dispatched": "An order was given (下达指令)",
        "order.accepted": "Somebody took it on (签收)",
        "order.declined": "Somebody cannot do it (拒绝)",
        "order.en_route": "Somebody is on the way (在途)",
        "order.arrived": "Somebody is on scene (到场)",
        "order.done": "Somebody has carried it out (处置完毕)",
        "order.reassigned": "It was given to somebody else (改派)",
        "order.escalated": "Nobody took it in time: the next was asked (升级)",
        "order.exhausted": "Nobody took it, and nobody is left to ask (无人签收)",
        "order.taken": "It was taken on elsewhere in the chain (已由他人签收)",
        "order.completed": "It is completed (完成)",
        "order.cancelled": "It was withdrawn (撤销)",
        "push.failed": "A phone could not be woken (呼叫失败)",
        "duty.signedOut": "Somebody left duty with an open order (签退)",
    },
    warnings=WARNINGS,
    alarms=(ORDER_UNANSWERED,),
    codes={
        "ORDER_ENDED": ("指令已结束", "The order is completed or cancelled."),
        "RECIPIENT_COUNT": (
            "人数不符",
            "Name 1 to 1,000 recipients, at most 1,000 for escalation.",
        ),
        "RECIPIENT_OFF_DUTY": ("未签到", "Recipients must be on duty; name others."),
        "ESCALATION_NAMES_RECIPIENT": (
            "升级名单包含接收人",
            "Whoever is ordered cannot be the next one asked: name somebody else for escalation.",
        ),
        "ORDER_CANCELLED": (
            "指令已撤销",
            "Too late. `data` is how the order stands.",
        ),
        "ORDER_COMPLETED": ("指令已完成", "Too late. `data` is how the order stands."),
        "NOT_A_RECIPIENT": ("不是接收人", "The order was not given to that person."),
        "PART_DONE": ("已处置完毕", "That person's part of the order is done."),
        "ORDER_REASSIGNED": ("已改派他人", "The watch has given the order to somebody else."),
        "PART_TAKEN": (
            "已有人签收",
            "They took it on, or went on with it, since you looked. `stage` says that you know.",
        ),
        "PART_PASSED_ON": ("已转交他人", "Somebody else is asked in that person's place already."),
    },
)
