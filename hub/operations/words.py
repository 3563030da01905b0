"""What officers and watch officers read: Chinese first, English second. One place for all of it."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from hub.model.operations import Stage
from hub.store.documents import AccountDoc

SLASH = " / "
"""What stands between the Chinese and the English of what is said in both."""


class Both(NamedTuple):
    """The same in Chinese and in English, as a string `zh / en`."""

    zh: str
    en: str

    def __str__(self) -> str:
        return SLASH.join(self)

    @classmethod
    def of(cls, said: "Both | str | int") -> "Both":
        """As it is, where it is in both; else the same in either."""
        return said if isinstance(said, Both) else cls(str(said), str(said))

    def filled(self, **given: "Both | str | int") -> "Both":
        """These forms of words with what is given filled in, the same in each.

        What parts the languages stays unique: in what is given its blanks do not break.
        """
        parts = {name: Both.of(said) for name, said in given.items()}
        zh = {name: _one(part.zh) for name, part in parts.items()}
        en = {name: _one(part.en) for name, part in parts.items()}
        return Both(self.zh.format_map(zh), self.en.format_map(en))


def both(zh: str, en: str, **given: Both | str | int) -> Both:
    """Two forms of words, filled in: no name and no number is told in one alone."""
    return Both(zh, en).filled(**given)


def hubs_own(said: str) -> Both:
    """Words of the hub's own, `zh / en`, taken apart; others are the same in both."""
    zh, slash, en = said.partition(SLASH)
    return Both(zh, en) if slash else Both(said, said)


STAGES: dict[Stage, Both] = {
    Stage.QUEUED: Both("待发送", "to be sent"),
    Stage.SENT: Both("已发送", "sent"),
    Stage.RECEIVED: Both("已收到", "received"),
    Stage.SEEN: Both("已查看", "seen"),
    Stage.ACCEPTED: Both("已签收", "accepted"),
    Stage.EN_ROUTE: Both("在途", "en route"),
    Stage.ARRIVED: Both("到场", "on scene"),
    Stage.DONE: Both("处置完毕", "cleared"),
    Stage.DECLINED: Both("不能执行", "declined"),
    Stage.ESCALATED: Both("已升级", "escalated"),
    Stage.CANCELLED: Both("已撤销", "cancelled"),
}


FIELDS: dict[str, Both] = {
    "kind": Both("类型", "kind"),
    "title": Both("标题", "title"),
    "description": Both("描述", "description"),
    "severity": Both("严重程度", "severity"),
    "place": Both("地点", "place"),
    "location": Both("位置", "position"),
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

    @property
    def said(self) -> Both:
        """It in both languages."""
        return hubs_own(self)


def person(account: AccountDoc) -> Both:
    """How a person is named, by the name in each language where there is one."""
    zh, en = account.name.zh, account.name.en
    return Both(zh or en or account.login, en or zh or account.login)


def listed(some: Sequence[Both]) -> Both:
    """Several, one after the other."""
    return Both("、".join(one.zh for one in some), ", ".join(one.en for one in some))


def people(accounts: Sequence[AccountDoc]) -> Both:
    """Several persons, the first few by name."""
    shown = listed([person(account) for account in accounts[:NAMED]])
    if (more := len(accounts) - NAMED) <= 0:
        return shown
    return Both(f"{shown.zh} 等 {len(accounts)} 人", f"{shown.en} and {more} more")


def _one(text: str) -> str:
    return text.replace(SLASH, "\N{NO-BREAK SPACE}/\N{NO-BREAK SPACE}")
