"""The stable codes that what people do is answered with: shared ones, and each capability's own.

A code has what it means, Chinese, and what to do, English. GraphQL's enums of them are made from
here, so a capability's codes are in the schema by its declaration alone.
"""

from collections.abc import Mapping

from hub.operations import capabilities

Codes = Mapping[str, tuple[str, str]]

SHARED: Codes = {
    "FORBIDDEN": (
        "无权进行此操作",
        "The account's role lacks the scope that is named, or it is another unit's.",
    ),
    "NOT_FOUND": ("未找到", "Absent, or not visible to this account: the two look the same."),
    "BAD_ID": ("编号无效", "No id, or the id of another kind of thing."),
    "BAD_KEY": ("幂等键无效", "The key made by the client: 1 to 128 characters."),
    "BAD_TEXT": ("文字过长或为空", "The message says how many characters are allowed."),
    "BAD_VALUE": ("取值无效", "The message names the values that are known, or the bounds."),
    "BAD_POSITION": ("位置无效", "Give lat and lon in WGS-84 degrees, both or neither."),
    "IDEMPOTENCY_CONFLICT": (
        "编号已被使用",
        "The key or id was used for something else. Nothing was done: make a new one.",
    ),
    "UNIT_UNKNOWN": ("无此单位", "Take a code from `units`."),
    "RECIPIENT_UNKNOWN": ("无此人员", "Nobody active has this login or id."),
    "RECIPIENT_ROLE": ("该账号不能接收指令", "Only officers and liaisons are ordered."),
    "RECIPIENT_DUPLICATE": ("人员重复", "Somebody is named twice, perhaps by login and by id."),
    "STAGE_PASSED": (
        "当前阶段不可如此回报",
        "The order has gone on, or to somebody else. `data` is how it stands.",
    ),
}
"""Of the checks and the machinery that every capability stands on."""


def faults() -> dict[str, tuple[str, str]]:
    """Why something cannot be done."""
    own = (one.codes for one in capabilities().values())
    return {code: words for codes in (SHARED, *own) for code, words in codes.items()}


def warnings() -> dict[str, tuple[str, str]]:
    """What is said of what was done all the same."""
    own = (one.warnings for one in capabilities().values())
    return {code: words for codes in own for code, words in codes.items()}
