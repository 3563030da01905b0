"""Every stable code that a client may be answered with: what it means and what to do.

docs/errors.md is written from this table (`liandong docs`); a test finds codes that are not in it.
"""

from hub.operations import capabilities

_OURS: dict[str, tuple[str, str]] = {
    "UNAUTHENTICATED": (
        "未登录，或登录已失效",
        "Not signed in, or no longer: expired, revoked, signed out. Get a new token.",
    ),
    "FORBIDDEN": (
        "无权进行此操作",
        "The account's role lacks the scope that is named, or it is another unit's.",
    ),
    "NOT_FOUND": ("未找到", "Absent, or not visible to this account: the two look the same."),
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
    "BAD_ID": ("编号无效", "No id, or the id of another kind of thing."),
    "BAD_KEY": ("幂等键无效", "The key made by the client: 1 to 128 characters."),
    "BAD_TEXT": ("文字过长或为空", "The message says how many characters are allowed."),
    "BAD_VALUE": ("取值无效", "The message names the values that are known, or the bounds."),
    "BAD_POSITION": ("位置无效", "lat and lon in WGS-84 degrees, both or neither."),
    "BAD_TIME": ("时间无效", "RFC 3339 with an offset, within the calendar."),
    "BAD_WINDOW": ("时间范围无效", "The window ends before it begins, or is too long."),
    "BAD_PERIOD": ("有效期无效", "The mapping ends before it begins."),
    "BAD_AGE": ("时长无效", "Seconds within the bounds of the message."),
    "BAD_CIRCLE": ("圆形区域无效", "A centre in degrees and a radius within the bounds."),
    "BAD_FIRST": ("条数无效", "`first`: 1 to 200; use `after` for what follows."),
    "BAD_CURSOR": ("游标无效", "Take `after` from edges or pageInfo of this list, unchanged."),
    # incidents and orders
    "TOO_MANY_CONNECTIONS": (
        "连接过多",
        "The address or the account holds as many connections as it may: close some.",
    ),
    "BAD_REPRESENTATION": (
        "实体表示无效",
        "`_entities`: no type that can be asked so, or a key is missing. The others are answered.",
    ),
    "CONFLICT": ("与当前状态冲突", "It does not fit how things stand; ask again how they do."),
    "IDEMPOTENCY_CONFLICT": (
        "编号已被使用",
        "The key or id was used for something else. Nothing was done: make a new one.",
    ),
    "INCIDENT_CLOSED": ("事件已办结", "The incident is closed: open another."),
    "ORDER_ENDED": ("指令已结束", "The order is completed or cancelled."),
    "UNIT_UNKNOWN": ("无此单位", "Take a code from `units`."),
    "TOO_MANY_UNITS": ("单位过多", "At most 50 units an incident."),
    "RECIPIENT_COUNT": ("人数不符", "1 to 1,000 recipients, at most 1,000 for escalation."),
    "RECIPIENT_UNKNOWN": ("无此人员", "Nobody active has this login or id."),
    "RECIPIENT_ROLE": ("该账号不能接收指令", "Only officers and liaisons are ordered."),
    "RECIPIENT_OFF_DUTY": ("未签到", "Recipients must be on duty; name others."),
    "RECIPIENT_DUPLICATE": ("人员重复", "Somebody is named twice, perhaps by login and by id."),
    "ESCALATION_NAMES_RECIPIENT": (
        "升级名单包含接收人",
        "Whoever is ordered cannot be the next one asked: name somebody else for escalation.",
    ),
    "ESCALATION_NONE": (
        "无升级人员",
        "A warning: if nobody accepts, nobody else is asked, and the watch is alarmed at once.",
    ),
    "ESCALATION_OFF_DUTY": (
        "升级人员未在勤",
        "A warning: skipped unless on duty by then. Sign them in, or name others.",
    ),
    "ESCALATION_UNREACHABLE": (
        "升级名单上无人可达",
        "A warning: as things stand nobody could be asked next, and the watch would be alarmed.",
    ),
    "RECIPIENT_NO_PUSH": (
        "接收人无可推送的手机",
        "A warning: no phone can be woken; tell them by phone or radio.",
    ),
    "ESCALATION_NO_PUSH": (
        "升级人员无可推送的手机",
        "A warning: no phone can be woken; tell them by phone or radio.",
    ),
    "PUSH_NOT_CONFIGURED": (
        "未配置推送",
        "A warning: no phone is woken at all. Set `[push.fcm]`; until then tell them by radio.",
    ),
    # the field app
    "UNKNOWN_KIND": ("未知操作", "The message names the kinds there are."),
    "ORDER_CANCELLED": (
        "指令已撤销",
        "Too late. `data` is how the order stands.",
    ),
    "ORDER_COMPLETED": ("指令已完成", "Too late. `data` is how the order stands."),
    "STAGE_PASSED": (
        "当前阶段不可如此回报",
        "The order has gone on, or to somebody else. `data` is how it stands.",
    ),
    "ALREADY_RECORDED": ("已记录", "Nothing more to do: this answer is in the ledger."),
    "ALREADY_ON_DUTY": ("已签到", "Nothing more to do."),
    "ALREADY_OFF_DUTY": ("已签退", "Nothing more to do."),
    "NO_DEVICE": ("本次登录没有设备", "Sign in with `device` before registering for push."),
    "OFF_DUTY": ("未在勤", "Positions are kept on duty only: this one was not."),
    "TIMESTAMP_IN_FUTURE": ("时间晚于当前时间", "The phone's clock is more than 5 minutes ahead."),
    # ids of several feeds
    "UNKNOWN_STOP_PLACE": ("无此站点", "No timetable has told of this stop place."),
    "SAME_DATASET": ("同一数据集", "Two stop places of one dataset are two places."),
    "IS_CANONICAL": ("该站点是其他标识的基准", "Others are mapped to it: reject those first."),
    "CANONICAL_IS_MAPPED": ("基准站点已映射到别处", "Map to what that one is mapped to."),
    # accounts
    "LOGIN_TAKEN": ("登录名已存在", "Take another login."),
}
"""Meaning in Chinese; meaning in English, and what to do, by code."""
CODES: dict[str, tuple[str, str]] = _OURS | {
    code: words for one in capabilities().values() for code, words in one.codes.items()
}
