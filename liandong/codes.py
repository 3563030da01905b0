"""Every stable code that a client may be answered with: what it means and what to do.

docs/errors.md is written from this table (`liandong docs`); a test finds codes that are not in it.
"""

from hub.operations import codes
from hub.store.feeds import identity

_OURS: dict[str, tuple[str, str]] = {
    "UNAUTHENTICATED": (
        "未登录，或登录已失效",
        "Not signed in, or no longer: expired, revoked, signed out. Get a new token.",
    ),
    "RATE_LIMITED": ("请求过于频繁", "Too many attempts or streams: wait as Retry-After says."),
    "RETRY_LATER": (
        "暂时不可用，请稍后重试",
        "The database cannot be written now. Send the same again, with its key: it is done once.",
    ),
    "DEADLINE_EXCEEDED": (
        "超时",
        "Took too long: ask for less, or fewer at a time. A mutation may be repeated with its key.",
    ),
    "INTERNAL": (
        "服务内部错误",
        "A defect of the hub's: give the operator the number in the message.",
    ),
    "REFUSED": ("未能完成", "The hub could not do this; the message says why."),
    "SHUTTING_DOWN": ("服务正在停止", "The stream ends because the hub does: connect again."),
    # what is no request of the protocol
    "BAD_REQUEST": (
        "不是有效的 GraphQL 请求",
        "No GraphQL request: the message says why.",
    ),
    "DOCUMENT_UNKNOWN": (
        "界面版本不符，请刷新",
        "The hub knows no document of this hash: the app is of another version. Reload it.",
    ),
    "BAD_JSON": ("不是有效的 JSON", "The body is no JSON."),
    "TOO_LARGE": ("内容过大", "The body is larger than 256 KiB."),
    "TOO_SLOW": ("接收超时", "The body did not arrive in time: send it again."),
    "UNSUPPORTED_MEDIA_TYPE": ("不支持的内容类型", "Send application/json, uncompressed."),
    "NOT_ACCEPTABLE": ("不支持的应答类型", "The Accept header leaves no type that is answered."),
    "METHOD_NOT_ALLOWED": ("不支持此方法", "The path does not answer this HTTP method."),
    "INVALID": ("内容不符合要求", "A field is missing or wrong; `errors` or the message names it."),
    "BATCHING": ("不接受批量请求", "One operation a request; several are not taken as a list."),
    # GraphQL documents
    "GRAPHQL_PARSE_FAILED": ("语法错误", "The document is no GraphQL; the message says where."),
    "GRAPHQL_VALIDATION_FAILED": (
        "不符合模式",
        "A field, an argument or a type is not in the schema; /graphql in a browser shows it.",
    ),
    "BAD_USER_INPUT": (
        "查询或变量有误",
        "The document or a variable does not fit the schema; the message says where.",
    ),
    "OPERATION_NOT_FOUND": (
        "操作名称不存在",
        "The document has several operations and operationName names none of them.",
    ),
    "SUBSCRIPTION": (
        "订阅须用 WebSocket 或 SSE",
        "A subscription over plain HTTP: accept text/event-stream, or open a WebSocket.",
    ),
    "LIMIT_EXCEEDED": (
        "查询过大",
        "The document is larger, deeper or costlier than allowed: split it.",
    ),
    "TOO_MANY_SUBSCRIPTIONS": ("订阅过多", "Complete another subscription of this socket first."),
    "TOO_MANY_LIVE_QUERIES": (
        "实时查询过多",
        "The account follows as many different live queries as it may: end some, or ask the same.",
    ),
    "LIVE_CAPACITY": (
        "实时查询已满",
        "This process follows as many live queries as it may: try again later.",
    ),
    "TOO_MANY_IDS": ("标识过多", "Ask for fewer ids at once."),
    # arguments
    "BAD_TIME": ("时间无效", "RFC 3339 with an offset, within the calendar."),
    "OUT_OF_HISTORY": (
        "不在保留的历史之内",
        "Nothing is kept of that moment, or it is still to come; the message says from when.",
    ),
    "BAD_WINDOW": ("时间范围无效", "The window ends before it begins, or is too long."),
    "BAD_AGE": ("时长无效", "Seconds within the bounds of the message."),
    "BAD_CIRCLE": ("圆形区域无效", "A centre in degrees and a radius within the bounds."),
    "BAD_FIRST": ("条数无效", "`first`: 1 to 200; use `after` for what follows."),
    "BAD_CURSOR": ("游标无效", "Take `after` from edges or pageInfo of this list, unchanged."),
    # operations
    "TOO_MANY_CONNECTIONS": (
        "连接过多",
        "The address or the account holds as many connections as it may: close some.",
    ),
    "BAD_REPRESENTATION": (
        "实体表示无效",
        "`_entities`: no type that can be asked so, or no key of it. The others are answered.",
    ),
    "CONFLICT": ("与当前状态冲突", "It does not fit how things stand; ask again how they do."),
    # the field app
    "UNKNOWN_KIND": ("未知操作", "The message names the kinds there are."),
    "ALREADY_RECORDED": ("已记录", "Nothing more to do: this answer is in the ledger."),
    "ALREADY_ON_DUTY": ("已签到", "Nothing more to do."),
    "ALREADY_OFF_DUTY": ("已签退", "Nothing more to do."),
    "NO_DEVICE": ("本次登录没有设备", "Sign in with `device` before registering for push."),
    "OFF_DUTY": ("未在勤", "Positions are kept on duty only: this one was not."),
    "TIMESTAMP_IN_FUTURE": ("时间晚于当前时间", "The phone's clock is more than 5 minutes ahead."),
    # accounts
    "LOGIN_TAKEN": ("登录名已存在", "Take another login."),
}
"""Meaning in Chinese; meaning in English, and what to do, by code."""
CODES: dict[str, tuple[str, str]] = _OURS | codes.faults() | codes.warnings() | identity.CODES
