"""What is told to do something with an order."""

from enum import StrEnum

import strawberry

from schema import enums
from schema.enums import worded
from schema.operations.common import Keyed


@strawberry.input(description="A new order (下达指令).")
class DispatchOrderInput(Keyed):
    """Who is to do what, and who is asked if they do not answer."""

    incident: strawberry.ID = strawberry.field(description="The incident it belongs to (事件).")
    text: str = strawberry.field(description="What to do (内容).")
    recipients: list[strawberry.ID] = strawberry.field(
        description="Officers on duty, by id or login (接收人)."
    )
    escalation: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Who is asked next, in order, by id or login (升级顺序)."
    )
    priority: enums.OrderPriority = strawberry.field(
        default=enums.OrderPriority.URGENT, description="How loudly to ask (指令等级)."
    )
    accept_within_seconds: int | None = strawberry.field(
        default=None,
        description="Seconds before the next is asked; null: as configured (签收时限).",
    )


@strawberry.input(description="The withdrawal of an order (撤销指令).")
class CancelOrderInput(Keyed):
    """Which order, and why."""

    order: strawberry.ID = strawberry.field(description="The order (指令).")
    reason: str = strawberry.field(description="Why (原因).")


@strawberry.input(description="That somebody else is to carry out an order (改派指令).")
class ReassignOrderInput(Keyed):
    """Which order, from whom, to whom, and why."""

    order: strawberry.ID = strawberry.field(description="The order (指令).")
    officer: strawberry.ID = strawberry.field(
        description="The recipient it is taken from, by id or login (原接收人)."
    )
    to: strawberry.ID = strawberry.field(
        description="An officer on duty who has no part of it, by id or login (改派至)."
    )
    reason: str = strawberry.field(description="Why (原因).")
    stage: enums.Stage | None = strawberry.field(
        default=None,
        description="How far that recipient had come when you looked; null: not accepted "
        "(所见阶段). Where they have taken it on, or gone on with it, since, nothing is done: "
        "PART_TAKEN.",
    )


class OrderAnswer(StrEnum):
    """What its recipient does with an order, as the field app reports it."""

    RECEIVED = "received"
    SEEN = "seen"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EN_ROUTE = "enRoute"
    ARRIVED = "arrived"
    DONE = "done"


worded(
    OrderAnswer,
    "What its recipient does with an order (指令回报).",
    {
        OrderAnswer.RECEIVED: "It has come (已收到).",
        OrderAnswer.SEEN: "It was opened (已查看).",
        OrderAnswer.ACCEPTED: "Taken on (已签收).",
        OrderAnswer.DECLINED: "Cannot be done (不能执行).",
        OrderAnswer.EN_ROUTE: "On the way (在途).",
        OrderAnswer.ARRIVED: "On scene (到场).",
        OrderAnswer.DONE: "Carried out (处置完毕).",
    },
)


@strawberry.input(description="What its recipient answers to an order (签收与回报).")
class AcknowledgeOrderInput(Keyed):
    """Which order, and what with it."""

    order: strawberry.ID = strawberry.field(description="The order (指令).")
    answer: OrderAnswer = strawberry.field(
        default=OrderAnswer.ACCEPTED, description="What is done with it (回报)."
    )
    note: str | None = strawberry.field(
        default=None, description="A remark that the watch officer reads (备注)."
    )
