"""The model's words as GraphQL enums, with their Chinese terms."""

from collections.abc import Mapping
from enum import StrEnum

import strawberry

from hub.model.alarms import AlarmKind, AlarmState
from hub.model.common import Accessibility, Mode, OccupancyStatus
from hub.model.facilities import FacilityStatus
from hub.model.feeds import FeedState, FreshnessState, LinkState
from hub.model.identity import IdScheme, MappingState, MatchMethod
from hub.model.journeys import CallStatus, CheckIn, JourneyState, SaleStatus
from hub.model.network import StopPlaceKind
from hub.model.operations import (
    IncidentKind,
    IncidentState,
    OrderPriority,
    OrderState,
    Stage,
    UnitKind,
)
from hub.model.parking import OpeningStatus, ParkingSiteStatus
from hub.model.people import Role
from hub.model.situations import Severity, SituationProgress
from hub.model.vehicles import TaxiState


def worded(enum: type[StrEnum], text: str, values: Mapping[str, str]) -> None:
    """Make it a GraphQL enum, each of whose values says what it means, the Chinese word with it."""
    strawberry.enum(enum, description=text)
    for value in vars(enum)["__strawberry_definition__"].values:
        value.description = values[enum[value.name]]


_WORDS = {
    Mode: "Mode of transport (运输方式): RAIL 铁路, METRO 轨道交通, COACH 长途客运, TAXI 出租车,"
    " BUS 公交, TRAM 有轨电车, FERRY 轮渡, OTHER 其他.",
    Accessibility: "Whether somebody in a wheelchair can use it (无障碍): ACCESSIBLE 可用,"
    " PARTLY_ACCESSIBLE 部分可用, NOT_ACCESSIBLE 不可用.",
    OccupancyStatus: "How full a vehicle is (拥挤度), in GTFS-RT's words.",
    JourneyState: "State of a dated journey (班次状态): PLANNED 图定, RUNNING 运行, CANCELLED 停运,"
    " DELETED 取消, ADDED 加开, REPLACED 替换.",
    CallStatus: "State of a call (到发状态). UNKNOWN 未知: nothing fresh is known; it never means"
    " on time. SCHEDULED 图定, ON_TIME 正点, EARLY 早点, DELAYED 晚点, ARRIVED 已到,"
    " DEPARTED 已发, CANCELLED 停运, SKIPPED 通过不停, NO_DATA 无实时信息.",
    CheckIn: "Ticket check at the gate (检票): NOT_OPEN 未开始, OPEN 检票中, CLOSING 即将停止,"
    " CLOSED 停止检票.",
    SaleStatus: "Whether seats are sold (售票): ON_SALE 在售, SOLD_OUT 售罄, SUSPENDED 暂停,"
    " ENDED 停售.",
    OpeningStatus: "Whether a parking facility takes vehicles (开放状态): OPEN 开放, CLOSED 关闭,"
    " UNKNOWN 未知.",
    ParkingSiteStatus: "Whether spaces are free (车位状态), in DATEX II's words: SPACES_AVAILABLE"
    " 有空位, ALMOST_FULL 将满, FULL 已满, FULL_AT_ENTRANCE 入口显示已满.",
    FacilityStatus: "Condition of a facility (设施状态), in SIRI-FM's words: AVAILABLE 可用,"
    " PARTLY_AVAILABLE 部分可用, NOT_AVAILABLE 停用, UNKNOWN 未知.",
    StopPlaceKind: "Kind of stop place (站点类型): RAIL_STATION 火车站, METRO_STATION 地铁站,"
    " COACH_STATION 长途客运站, TAXI_RANK 候客点, OTHER 其他.",
    FeedState: "Health of a feed's data (数据源状态). HEALTHY 正常 needs fresh data, not just an"
    " answer; DEGRADED 部分异常, STALE 过期, DOWN 中断.",
    LinkState: "Health of a feed's connection (链路状态), apart from its data's age.",
    FreshnessState: "How far a value can be trusted now (时效): FRESH 实时, STALE 过期,"
    " UNKNOWN 未知 (its source has been silent too long), SCHEDULED 图定.",
    TaxiState: "State of a taxi (营运状态), in MDS's words: AVAILABLE 空车, ON_TRIP 重车,"
    " RESERVED 电召, STOPPED 停运, NON_OPERATIONAL 非营运, UNKNOWN 未知.",
    Severity: "Severity (严重程度), in CAP's words.",
    SituationProgress: "Whether a situation is still published (通告状态).",
    Role: "What an account is (账号角色): OFFICER 队员, LIAISON 联络员, WATCH 值班员,"
    " COMMANDER 指挥长, PARTNER 成员单位接口, ADMIN 管理员.",
    UnitKind: "Kind of member unit (成员单位类型).",
    IncidentKind: "What happened (事件类型): CROWD 客流, TRAFFIC 交通, PUBLIC_ORDER 治安,"
    " MEDICAL 医疗, FIRE 火情, ILLEGAL_TRANSPORT 非法客运, STRANDED_PASSENGERS 滞留旅客,"
    " FACILITY 设施, OTHER 其他.",
    IncidentState: "State of an incident (事件状态): OPEN 处置中, CLOSED 办结.",
    OrderState: "State of an order (指令状态): OPEN 执行中, COMPLETED 完成, CANCELLED 撤销.",
    OrderPriority: "How loudly the phone may ask (指令等级): ROUTINE 一般, URGENT 紧急.",
    Stage: "How far an order has come with one recipient (指令阶段): QUEUED 待发, SENT 已发,"
    " RECEIVED 送达, SEEN 已阅, ACCEPTED 已签收, EN_ROUTE 在途, ARRIVED 到场, DONE 完成,"
    " DECLINED 拒绝, ESCALATED 升级, CANCELLED 撤销.",
    AlarmKind: "What somebody has to act on (告警类型): ORDER_UNANSWERED 指令无人签收,"
    " WAKE_UP_DEAD 呼叫失败, ESCALATION_LATE 升级延误, CLOCK_OFF 时钟偏差.",
    AlarmState: "Where an alarm stands (告警状态), in ISA-18.2's words: ACTIVE 未确认,"
    " ACKNOWLEDGED 已确认, CLEARED 已恢复.",
    IdScheme: "What sort of object ids name (对象类型): STOP_PLACE 站点.",
    MappingState: "What was decided of a mapping (映射状态): PROPOSED 待确认, CONFIRMED 已确认,"
    " REJECTED 已否定. Only a confirmed one has any effect.",
    MatchMethod: "What a mapping rests on (匹配方式): EXACT 编号相同, NAME 名称, POSITION 位置,"
    " MANUAL 人工.",
}
_NAMES = {Mode: "TransportMode", Role: "AccountRole"}
"""Words that another subgraph has for something else, or with other values (decision 0019)."""

for _word, _description in _WORDS.items():
    strawberry.enum(_word, name=_NAMES.get(_word), description=_description)

__all__ = [
    "Accessibility",
    "AlarmKind",
    "AlarmState",
    "CallStatus",
    "CheckIn",
    "FacilityStatus",
    "FeedState",
    "FreshnessState",
    "IdScheme",
    "IncidentKind",
    "IncidentState",
    "JourneyState",
    "LinkState",
    "MappingState",
    "MatchMethod",
    "Mode",
    "OccupancyStatus",
    "OpeningStatus",
    "OrderPriority",
    "OrderState",
    "ParkingSiteStatus",
    "Role",
    "SaleStatus",
    "Severity",
    "SituationProgress",
    "Stage",
    "StopPlaceKind",
    "TaxiState",
    "UnitKind",
    "worded",
]
