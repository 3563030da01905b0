"""What officers and watch officers read: Chinese first, English second. One place for all of it."""

from enum import StrEnum

from hub.model.operations import Stage
from hub.store.documents import AccountDoc

STAGES: dict[Stage, str] = {
    Stage.RECEIVED: "已收到 / received",
    Stage.SEEN: "已查看 / seen",
    Stage.ACCEPTED: "已签收 / accepted",
    Stage.EN_ROUTE: "在途 / en route",
    Stage.ARRIVED: "到场 / on scene",
    Stage.DONE: "处置完毕 / cleared",
    Stage.DECLINED: "不能执行 / declined",
}


FIELDS: dict[str, str] = {
    "kind": "类型 / kind",
    "title": "标题 / title",
    "description": "描述 / description",
    "severity": "严重程度 / severity",
    "place": "地点 / place",
    "location": "位置 / position",
}
"""What of an incident can be changed."""
NAMED = 5
"""Persons of a list that are called by name."""


class Why(StrEnum):
    """Why an order is passed on, as it is written down."""

    TIMEOUT = "超时未签收 / not accepted in time"
    DECLINED = "不能执行 / declined"
    SIGNED_OUT = "已签退 / signed out of duty"
    TAKEN = "已有人签收 / accepted by somebody else"
    REASSIGNED = "已改派 / reassigned"


def person(account: AccountDoc) -> str:
    """How a person is named in a timeline."""
    return account.name.zh or account.name.en or account.login


def people(accounts: list[AccountDoc]) -> str:
    """Several persons, the first few by name."""
    shown = "、".join(person(account) for account in accounts[:NAMED])
    return shown if len(accounts) <= NAMED else f"{shown} 等 {len(accounts)} 人"
