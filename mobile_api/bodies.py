"""The body of every action, by its kind. `hub.operations` judges them; this says what it takes."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, create_model

from hub.model.operations import IncidentKind
from hub.operations.answers import CARRIERS, NOTE
from hub.operations.duty import POST
from hub.operations.incidents import DESCRIPTION, PLACE, TITLE
from mobile_api.models import Action, Message

OrderId = Annotated[
    str,
    Field(
        min_length=1,
        max_length=256,
        description="`data.id` of the order, or its global id from GraphQL",
    ),
]


class SignInToDuty(Message):
    """Signing in to duty (勤务签到)."""

    post: str | None = Field(default=None, max_length=POST, description="post (岗位)")


class SignOutOfDuty(Message):
    """Signing out of duty (签退). Unanswered orders are passed on at once."""


class Answer(Message):
    """An answer to an order (指令回报)."""

    order_id: OrderId
    note: str | None = Field(
        default=None,
        max_length=NOTE,
        description="a remark that the watch officer reads; a longer one is cut",
    )
    via: str | None = Field(
        default=None,
        description="how the order reached the phone; anything else counts as `actions`",
        examples=sorted(CARRIERS),
    )


class Report(Message):
    """An officer's report, which opens an incident (上报事件)."""

    kind: IncidentKind
    title: str = Field(min_length=1, max_length=TITLE)
    description: str | None = Field(default=None, max_length=DESCRIPTION)
    place: str | None = Field(default=None, max_length=PLACE, description="where, in words")
    lat: float | None = Field(default=None, ge=-90, le=90, description="WGS-84, with `lon`")
    lon: float | None = Field(default=None, ge=-180, le=180)


BODIES: dict[str, type[Message]] = {
    "duty.signIn": SignInToDuty,
    "duty.signOut": SignOutOfDuty,
    "order.received": Answer,
    "order.seen": Answer,
    "order.accepted": Answer,
    "order.declined": Answer,
    "order.enRoute": Answer,
    "order.arrived": Answer,
    "order.done": Answer,
    "incident.report": Report,
}
"""What is in the body of each kind of action."""


def typed_actions() -> dict[str, type[BaseModel]]:
    """An Action for each kind, with its own body, by kind."""
    return {kind: _typed(kind, body) for kind, body in BODIES.items()}


def _typed(kind: str, body: type[Message]) -> type[BaseModel]:
    needed = any(field.is_required() for field in body.model_fields.values())
    default: Any = ... if needed else Field(default_factory=body)
    fields: dict[str, Any] = {"kind": (Literal[kind], ...), "body": (body, default)}
    return create_model(
        f"{''.join(part[0].upper() + part[1:] for part in kind.split('.'))}Action",
        __base__=Action,
        __doc__=body.__doc__,
        **fields,
    )
