"""What the values of the model's enums mean: an English word first, the Chinese term with it."""

from collections.abc import Mapping
from enum import StrEnum

from hub.model.alarms import AlarmLevel, AlarmState
from hub.model.channels import PushChannel
from hub.model.common import Accessibility, Mode, OccupancyStatus
from hub.model.facilities import FacilityStatus
from hub.model.feeds import FeedState, FreshnessState, LinkState
from hub.model.identity import IdScheme, MappingState, MatchMethod
from hub.model.journeys import (
    CallStatus,
    CheckIn,
    JourneyState,
    Progress,
    Punctuality,
    SaleStatus,
)
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
from hub.model.situations import Certainty, Severity, SituationProgress, Urgency
from hub.model.vehicles import TaxiState
from hub.model.walls import WallPage

WORDS: Mapping[type[StrEnum], tuple[str, Mapping[str, str]]] = {
    Mode: (
        "Mode of transport (运输方式).",
        {
            "RAIL": "Railway (铁路).",
            "METRO": "Underground and urban rail (轨道交通).",
            "COACH": "Long-distance coach (长途客运).",
            "TAXI": "Taxi (出租车).",
            "BUS": "Bus (公交).",
            "TRAM": "Tram (有轨电车).",
            "FERRY": "Ferry (轮渡).",
            "OTHER": "Any other (其他).",
        },
    ),
    Accessibility: (
        "Whether somebody in a wheelchair can use it (无障碍), as NeTEx and GTFS say.",
        {
            "ACCESSIBLE": "All of it (可用).",
            "PARTLY_ACCESSIBLE": "Some of it (部分可用).",
            "NOT_ACCESSIBLE": "None of it (不可用).",
        },
    ),
    OccupancyStatus: (
        "How full a vehicle is (拥挤度), in GTFS-RT's words.",
        {
            "EMPTY": "Nobody, or next to nobody, aboard (空).",
            "MANY_SEATS_AVAILABLE": "Many seats free (座位充足).",
            "FEW_SEATS_AVAILABLE": "Few seats free (座位较少).",
            "STANDING_ROOM_ONLY": "Room to stand (仅有站位).",
            "CRUSHED_STANDING_ROOM_ONLY": "Little room to stand (站位拥挤).",
            "FULL": "Full (满员).",
            "NOT_ACCEPTING_PASSENGERS": "Lets nobody in, full or not (不上客).",
            "NOT_BOARDABLE": "Not for passengers at all (不载客).",
        },
    ),
    JourneyState: (
        "State of a dated journey (班次状态).",
        {
            "PLANNED": "In the timetable, not begun as far as known (图定).",
            "RUNNING": "On its way (运行).",
            "CANCELLED": "Does not run, and passengers are told (停运).",
            "DELETED": "Does not run, and is not to be shown (取消).",
            "ADDED": "Runs beside the timetable (加开).",
            "REPLACED": "Another runs in its place (替换).",
        },
    ),
    CallStatus: (
        "State of a call (到发状态), punctuality and progress in one word.",
        {
            "SCHEDULED": "As in the timetable; nothing else is told (图定).",
            "ON_TIME": "Expected within a minute of the timetable (正点).",
            "EARLY": "Expected before its time (早点).",
            "DELAYED": "Expected after its time (晚点).",
            "ARRIVED": "Has arrived (已到).",
            "DEPARTED": "Has departed (已发).",
            "CANCELLED": "Not served: it, or the whole run, is cancelled (停运).",
            "SKIPPED": "The vehicle passes without a stop (通过不停).",
            "NO_DATA": "Its source says that it knows nothing (无实时信息).",
            "UNKNOWN": "Nothing fresh is known; it never means on time (未知).",
        },
    ),
    Progress: (
        "Whether an arrival or a departure has happened (到发进度).",
        {
            "NOT_YET": "Still to come (未到).",
            "DONE": "Has happened (已完成).",
            "SKIPPED": "Will not happen: the vehicle passes without a stop (通过不停).",
            "CANCELLED": "Will not happen: it is cancelled (停运).",
            "UNKNOWN": "Nobody tells, or nothing fresh is known (未知).",
        },
    ),
    Punctuality: (
        "How an arrival or a departure keeps its time (正晚点), before and after it has happened.",
        {
            "ON_TIME": "Within a minute of the timetable (正点).",
            "EARLY": "Before its time (早点).",
            "DELAYED": "After its time (晚点).",
            "NO_DATA": "Nobody tells: there is nothing but a timetable (无实时信息).",
            "UNKNOWN": "Nothing fresh is known; it never means on time (未知).",
        },
    ),
    CheckIn: (
        "Ticket check at the gate (检票).",
        {
            "NOT_OPEN": "Not begun (未开始).",
            "OPEN": "Open (检票中).",
            "CLOSING": "About to close (即将停止).",
            "CLOSED": "Closed (停止检票).",
        },
    ),
    SaleStatus: (
        "Whether seats are sold (售票).",
        {
            "ON_SALE": "On sale (在售).",
            "SOLD_OUT": "None left (售罄).",
            "SUSPENDED": "Not now (暂停).",
            "ENDED": "No more (停售).",
        },
    ),
    OpeningStatus: (
        "Whether a parking facility takes vehicles (开放状态).",
        {
            "OPEN": "It does (开放).",
            "CLOSED": "It does not (关闭).",
            "UNKNOWN": "Nothing fresh is known (未知).",
        },
    ),
    ParkingSiteStatus: (
        "Whether spaces are free (车位状态), in DATEX II's words.",
        {
            "SPACES_AVAILABLE": "Spaces free (有空位).",
            "ALMOST_FULL": "Few spaces free (将满).",
            "FULL": "None free (已满).",
            "FULL_AT_ENTRANCE": "Its entrance says that none is free (入口显示已满).",
        },
    ),
    FacilityStatus: (
        "Condition of a facility (设施状态), in SIRI-FM's words.",
        {
            "AVAILABLE": "In use (可用).",
            "PARTLY_AVAILABLE": "Partly in use (部分可用).",
            "NOT_AVAILABLE": "Out of use (停用).",
            "UNKNOWN": "Nothing fresh is known (未知).",
        },
    ),
    StopPlaceKind: (
        "Kind of stop place (站点类型).",
        {
            "RAIL_STATION": "Railway station (火车站).",
            "METRO_STATION": "Metro station (地铁站).",
            "COACH_STATION": "Coach station (长途客运站).",
            "TAXI_RANK": "Taxi rank (候客点).",
            "OTHER": "Any other (其他).",
        },
    ),
    FeedState: (
        "Health of a feed's data (数据源状态), by its age.",
        {
            "STARTING": "Nothing has come yet since the hub started (启动中).",
            "PRIMING": "What stands behind its data, a timetable, is being read (首次读取).",
            "HEALTHY": "Its data is fresh; an answer alone is not enough (正常).",
            "DEGRADED": "Its data comes, and part of it is refused or late (部分异常).",
            "STALE": "Nothing new for longer than it should take (过期).",
            "DOWN": "Nothing new for so long that its values are unknown (中断).",
            "UNAUTHORISED": "Its credential is refused (凭据被拒).",
            "RATE_LIMITED": "Asked too often; the hub waits (被限流).",
            "MISCONFIGURED": "Cannot work as it is configured (配置有误).",
            "DISABLED": "Switched off in the configuration (已停用).",
        },
    ),
    LinkState: (
        "Health of a connection (链路状态), apart from the age of its data.",
        {
            "CONNECTING": "Being made (连接中).",
            "UP": "The peer answers (已连接).",
            "DOWN": "The peer does not answer (断开).",
            "REFUSED": "The peer refuses it (被拒绝).",
        },
    ),
    FreshnessState: (
        "How far a value can be trusted now (时效).",
        {
            "FRESH": "As new as it should be (实时).",
            "STALE": "Older than it should be (过期).",
            "UNKNOWN": "Its source has been silent too long (未知).",
            "SCHEDULED": "From a timetable, not observed (图定).",
        },
    ),
    TaxiState: (
        "State of a taxi (营运状态), in MDS's words.",
        {
            "AVAILABLE": "Vacant (空车).",
            "RESERVED": "On its way to who called it (电召).",
            "ON_TRIP": "Hired (重车).",
            "STOPPED": "Not for hire now (停运).",
            "NON_OPERATIONAL": "Not at work (非营运).",
            "UNKNOWN": "Nothing fresh is known (未知).",
        },
    ),
    Severity: (
        "Severity (严重程度), in CAP's words.",
        {
            "UNKNOWN": "Not said (未知).",
            "MINOR": "Little or no threat (轻微).",
            "MODERATE": "A possible threat (一般).",
            "SEVERE": "A serious threat (严重).",
            "EXTREME": "An extraordinary threat (特别严重).",
        },
    ),
    Urgency: (
        "How soon something has to be done about an alert (紧迫程度), in CAP's words.",
        {
            Urgency.IMMEDIATE: "At once (立即).",
            Urgency.EXPECTED: "Within the hour (一小时内).",
            Urgency.FUTURE: "Later (将来).",
            Urgency.PAST: "No more (已过).",
            Urgency.UNKNOWN: "Not known, or in another word (未知).",
        },
    ),
    Certainty: (
        "How sure it is to happen (确定性), in CAP's words.",
        {
            Certainty.OBSERVED: "It happens, or has happened (已发生).",
            Certainty.LIKELY: "More likely than not (很可能).",
            Certainty.POSSIBLE: "Possible, not likely (可能).",
            Certainty.UNLIKELY: "Not expected (不太可能).",
            Certainty.UNKNOWN: "Not known, or in another word (未知).",
        },
    ),
    SituationProgress: (
        "Whether a situation goes on (通告状态).",
        {
            "OPEN": "It does (进行中).",
            "CLOSED": "Its source has ended it (已结束).",
        },
    ),
    Role: (
        "What an account is (账号角色).",
        {
            "OFFICER": "Field officer (队员).",
            "LIAISON": "A member unit's person at the centre (联络员).",
            "WATCH": "Watch officer of the centre (值班员).",
            "COMMANDER": "Commander (指挥长).",
            "PARTNER": "A member unit's system (成员单位接口).",
            "ADMIN": "Administrator (管理员).",
            "WALL": "The centre's walls, which only show (大屏).",
        },
    ),
    WallPage: (
        "A page of a wall (大屏页面).",
        {
            "MAP_AND_BOARDS": "The map, arrivals and departures (地图与到发).",
            "TAXIS_AND_PARKING": "Taxi ranks and parking (出租车与停车).",
            "ALARMS_AND_ORDERS": "Alarms, open orders and situations (预警与指令).",
        },
    ),
    UnitKind: (
        "Kind of member unit (成员单位类型).",
        {
            "ADMINISTRATION": "Office that runs the station area (管理办公室).",
            "POLICE": "Police (公安).",
            "ENFORCEMENT": "Enforcement of city and transport rules (综合执法).",
            "ARMED_POLICE": "Armed police (武警).",
            "TRAFFIC_POLICE": "Traffic police (交警).",
            "REGULATOR": "Supervision of markets or transport (行业监管).",
            "MANAGEMENT": "Management of the station area (综合管理).",
            "OPERATOR": "Transport operator (运营单位).",
            "SERVICE": "Service to the area, such as cleaning (服务保障).",
        },
    ),
    IncidentKind: (
        "What happened (事件类型).",
        {
            "CROWD": "Crowding (客流).",
            "TRAFFIC": "Traffic (交通).",
            "PUBLIC_ORDER": "Public order (治安).",
            "MEDICAL": "Somebody ill or hurt (医疗).",
            "FIRE": "Fire or smoke (火情).",
            "ILLEGAL_TRANSPORT": "Transport without a licence (非法客运).",
            "STRANDED_PASSENGERS": "Passengers who cannot go on (滞留旅客).",
            "FACILITY": "A facility that fails (设施).",
            "OTHER": "Any other (其他).",
        },
    ),
    IncidentState: (
        "State of an incident (事件状态).",
        {
            "OPEN": "Being dealt with (处置中).",
            "CLOSED": "Closed with its outcome (办结).",
        },
    ),
    OrderState: (
        "State of an order as a whole (指令状态).",
        {
            "OPEN": "Being carried out (执行中).",
            "COMPLETED": "Every part was carried out by one of those asked for it (完成).",
            "CANCELLED": "Withdrawn (撤销).",
        },
    ),
    OrderPriority: (
        "How loudly a phone may ask (指令等级).",
        {
            "ROUTINE": "As any message (一般).",
            "URGENT": "At once, and loudly (紧急).",
        },
    ),
    Stage: (
        "How far it has come with one recipient (阶段).",
        {
            "QUEUED": "To be sent (待发).",
            "SENT": "Handed to what wakes the phone (已发).",
            "RECEIVED": "On the phone (送达).",
            "SEEN": "Opened (已阅).",
            "ACCEPTED": "Taken on (已签收).",
            "EN_ROUTE": "On the way (在途).",
            "ARRIVED": "On scene (到场).",
            "DONE": "Carried out (完成).",
            "DECLINED": "Cannot be done by them (拒绝).",
            "ESCALATED": "Not answered in time: the next was asked (升级).",
            "CANCELLED": "Withdrawn from them (撤销).",
        },
    ),
    AlarmLevel: (
        "How much somebody has to act (告警级别).",
        {
            "ACT": "People in need wait for it (立即处置).",
            "URGENT": "Before whatever can wait (紧急).",
            "CAUTION": "It is to be looked after (关注).",
            "NOTICE": "To be known, and mended in time (提示).",
        },
    ),
    AlarmState: (
        "Where an alarm stands (告警状态), in ISA-18.2's words.",
        {
            "ACTIVE": "Its condition holds, and nobody sees to it (未确认).",
            "ACKNOWLEDGED": "Its condition holds, and somebody sees to it (已确认).",
            "SHELVED": "Its condition holds, and it is put aside until a moment (已搁置).",
            "CLEARED": "Its condition has ended (已恢复).",
        },
    ),
    PushChannel: (
        "A push service that wakes phones (推送通道).",
        {
            "fcm": "Firebase Cloud Messaging (FCM推送).",
            "webpush": "Web Push of a browser (网页推送).",
            "jpush": "JPush (极光推送).",
        },
    ),
    IdScheme: (
        "What sort of object ids name (对象类型).",
        {"STOP_PLACE": "Stop places (站点)."},
    ),
    MappingState: (
        "What was decided of a mapping (映射状态).",
        {
            "PROPOSED": "Nothing yet; it has no effect (待确认).",
            "CONFIRMED": "The two are one; it has effect (已确认).",
            "REJECTED": "The two are two; it is not proposed again (已否定).",
        },
    ),
    MatchMethod: (
        "What a mapping rests on (匹配方式).",
        {
            "EXACT": "The same id in both datasets (编号相同).",
            "NAME": "The names (名称).",
            "POSITION": "The positions (位置).",
            "MANUAL": "A person (人工).",
        },
    ),
}
