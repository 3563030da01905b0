"""What each reason to refuse data means: an English sentence, the Chinese term with it."""

from collections.abc import Mapping

from hub.errors import Reason

MEANINGS: Mapping[str, str] = {
    Reason.NOT_DECODABLE: "The bytes are not what the kind reads (无法解析).",
    Reason.UNSUPPORTED_VERSION: "A version that is read with doubt, or not at all (版本不支持).",
    Reason.UNSUPPORTED_MESSAGE: "A message of another service, or of no use here (报文不支持).",
    Reason.TOO_LARGE: "More bytes, entities or calls than allowed (过大).",
    Reason.DTD_FORBIDDEN: "XML with a DOCTYPE; refused unread (禁用DTD).",
    Reason.BAD_CHECKSUM: "A damaged frame: its checksum is wrong (校验错误).",
    Reason.BAD_LENGTH: "A damaged frame: it is too short or too long (长度错误).",
    Reason.BAD_ESCAPE: "A damaged frame: bytes that no frame has (转义错误).",
    Reason.MISSING_FIELD: "What nothing can be said without is missing (缺少字段).",
    Reason.BAD_VALUE: "Not a value of that field (取值无效).",
    Reason.UNKNOWN_STOP: "A stop, station or facility that the static data lacks (站点未知).",
    Reason.UNKNOWN_TRIP: "A trip that the timetable lacks (班次未知).",
    Reason.UNKNOWN_ROUTE: "A line that the timetable lacks (线路未知).",
    Reason.UNKNOWN_SERVICE: "A calendar or service that the timetable lacks (日历未知).",
    Reason.AMBIGUOUS_MATCH: "Several trips answer; none is taken (匹配不唯一).",
    Reason.OUTSIDE_PERIOD: "The calendar does not reach to today (不在有效期).",
    Reason.POSITION_OUT_OF_RANGE: "No place on Earth (位置越界).",
    Reason.POSITION_NOT_FIXED: "The receiver had no fix (未定位).",
    Reason.TIMESTAMP_IN_FUTURE: "Later than a clock may be wrong (时间超前).",
    Reason.TIMESTAMP_EPOCH: "A default that leaked out, such as 1970 (时间为默认值).",
    Reason.TIMESTAMP_MISSING: "Nothing says when (缺少时间).",
    Reason.TIME_ORDER: "A later call before an earlier one, an end before its start (时间倒序).",
    Reason.NEGATIVE_DWELL: "A departure before its arrival (停站为负).",
    Reason.DUPLICATE: "Said twice in one payload (重复).",
    Reason.OLDER_THAN_KNOWN: "Newer data is already held (数据过旧).",
    Reason.EMPTY_ENTITY: "It says nothing (内容为空).",
    Reason.NOT_AUTHENTICATED: "A terminal that must give its code first did not (未鉴权).",
    Reason.SOURCE_ERROR: "The producer itself reports an error (数据源报错).",
}
