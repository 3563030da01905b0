// Made by tools/types.js from schema/schema.graphql and the *.graphql files: not to be edited.
import type { Operation } from './operation';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
export type MakeOptional<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]?: Maybe<T[SubKey]> };
export type MakeMaybe<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]: Maybe<T[SubKey]> };
export type MakeEmpty<T extends { [key: string]: unknown }, K extends keyof T> = { [_ in K]?: never };
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** A service day (运营日): RFC 3339's full-date, YYYY-MM-DD. */
  Date: { input: string; output: string; }
  /** A moment (时刻): RFC 3339 with offset in, years 2000 to 2100; UTC out. */
  DateTime: { input: string; output: string; }
  /** A GeoJSON object (地理对象), WGS-84; told only. */
  GeoJSON: { input: unknown; output: unknown; }
  _Any: { input: unknown; output: unknown; }
  _FieldSet: { input: string; output: string; }
  link__Import: { input: string; output: string; }
};

/** Whether somebody in a wheelchair can use it (无障碍), as NeTEx and GTFS say. */
export type Accessibility =
  /** All of it (可用). */
  | 'ACCESSIBLE'
  /** None of it (不可用). */
  | 'NOT_ACCESSIBLE'
  /** Some of it (部分可用). */
  | 'PARTLY_ACCESSIBLE';

/** What an account is (账号角色). */
export type AccountRole =
  /** Administrator (管理员). */
  | 'ADMIN'
  /** Commander (指挥长). */
  | 'COMMANDER'
  /** A member unit's person at the centre (联络员). */
  | 'LIAISON'
  /** Field officer (队员). */
  | 'OFFICER'
  /** A member unit's system (成员单位接口). */
  | 'PARTNER'
  /** The centre's walls, which only show (大屏). */
  | 'WALL'
  /** Watch officer of the centre (值班员). */
  | 'WATCH';

/** What an account may do (权限): ORDERS_READ is `orders:read` in the manuals and in errors. */
export type AccountScope =
  /** Accounts, who is signed in where (看账号). */
  | 'ACCOUNTS_READ'
  /** Make and change accounts, reset secrets, end sessions (管理账号). */
  | 'ACCOUNTS_WRITE'
  /** Decide which ids name one stop place (管理). */
  | 'ADMIN'
  /** Alarms, whose condition holds or held (看告警). */
  | 'ALARMS_READ'
  /** Acknowledge alarms (确认告警). */
  | 'ALARMS_WRITE'
  /** The audit log, and whether it is sealed (看审计). */
  | 'AUDIT_READ'
  /** Bulletins to one's unit or oneself, who has read (看通报). */
  | 'BULLETINS_READ'
  /** Publish bulletins; withdraw one's own unit's (发布通报). */
  | 'BULLETINS_WRITE'
  /** Read the schema by introspection, and the hints of its errors (开发). */
  | 'DEVELOPER'
  /** Feeds, their health and what they refused (看数据源). */
  | 'FEEDS_READ'
  /** The mobile API: sync, actions, positions, push (现场作业). */
  | 'FIELD_WORK'
  /** Incidents (看事件). */
  | 'INCIDENTS_READ'
  /** Open, change, close and reopen incidents; a liaison for its own unit (处置事件). */
  | 'INCIDENTS_WRITE'
  /** One's own account and session (看本人账号). */
  | 'ME_READ'
  /** The list of officers, and who is on duty (看队员与在岗). */
  | 'OFFICERS_READ'
  /** Orders and their ledgers (看指令). */
  | 'ORDERS_READ'
  /** Dispatch, reassign and cancel orders (下达指令). */
  | 'ORDERS_WRITE'
  /** Who did something or was asked, of those one may see (看人员). */
  | 'PEOPLE_READ'
  /** Boards, journeys, vehicles, ranks, parking, situations (看客运). */
  | 'TRANSIT_READ'
  /** The member units (看成员单位). */
  | 'UNITS_READ'
  /** The walls, and whether they live (看大屏). */
  | 'WALLS_READ'
  /** Let a screen be a wall, and end it (批准大屏). */
  | 'WALLS_WRITE'
  /** Say of oneself what a wall shows (当大屏). */
  | 'WALL_SHOW';

/** That somebody sees to an alarm (确认告警). */
export type AcknowledgeAlarmInput = {
  /** The alarm (告警). */
  alarm: Scalars['ID']['input'];
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
};

/** What its recipient answers to an order (签收与回报). */
export type AcknowledgeOrderInput = {
  /** What is done with it (回报). */
  answer?: OrderAnswer;
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
  /** A remark that the watch officer reads (备注). */
  note?: InputMaybe<Scalars['String']['input']>;
  /** The order (指令). */
  order: Scalars['ID']['input'];
};

/** A new account (新建账号). */
export type AddAccountInput = {
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
  /** What is signed in with: 1 to 64 small letters, digits, . _ - (登录名). */
  login: Scalars['String']['input'];
  /** In English (英文姓名). */
  nameEn?: InputMaybe<Scalars['String']['input']>;
  /** Name in Chinese; null: the login (中文姓名). */
  nameZh?: InputMaybe<Scalars['String']['input']>;
  /** What it is; a partner's application is PARTNER (角色). */
  role: AccountRole;
  /** The unit it belongs to: id or code; officers, liaisons, partners need one (所属单位). */
  unit?: InputMaybe<Scalars['ID']['input']>;
};

/** More units for an incident (增加单位). */
export type AddIncidentUnitsInput = {
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
  /** The incident (事件). */
  incident: Scalars['ID']['input'];
  /** Units, ids or codes (单位). */
  units: Array<Scalars['ID']['input']>;
};

/** What somebody has to act on (告警类型). */
export type AlarmKind =
  /** A machine's clock is wrong (时钟偏差). */
  | 'CLOCK_OFF'
  /** Somebody should have been asked by now (升级延误). */
  | 'ESCALATION_LATE'
  /** A report of which no desk has done anything (新上报). */
  | 'INCIDENT_REPORTED'
  /** Nobody took an order, and nobody is left to ask (指令无人签收). */
  | 'ORDER_UNANSWERED'
  /** Of a kind that this hub raises no more (其他). */
  | 'OTHER'
  /** For a while nobody was told of what thousands are to hear (通知停滞). */
  | 'TELLING_LATE'
  /** A phone could not be woken (呼叫失败). */
  | 'WAKE_UP_DEAD';

/** How much somebody has to act (告警级别). */
export type AlarmLevel =
  /** People in need wait for it (立即处置). */
  | 'ACT'
  /** It is to be looked after (关注). */
  | 'CAUTION'
  /** To be known, and mended in time (提示). */
  | 'NOTICE'
  /** Before whatever can wait (紧急). */
  | 'URGENT';

/** Where an alarm stands (告警状态), in ISA-18.2's words. */
export type AlarmState =
  /** Its condition holds, and somebody sees to it (已确认). */
  | 'ACKNOWLEDGED'
  /** Its condition holds, and nobody sees to it (未确认). */
  | 'ACTIVE'
  /** Its condition has ended (已恢复). */
  | 'CLEARED'
  /** Its condition holds, and it is put aside until a moment (已搁置). */
  | 'SHELVED';

/** That a screen may be a wall (批准大屏). */
export type ApproveWallInput = {
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
  /** What the screen shows (代码). */
  code: Scalars['String']['input'];
  /** What to call it, as 大厅左屏 (名称). */
  name: Scalars['String']['input'];
  /** What it shows, in this order, each once (页面). */
  pages: Array<WallPage>;
  /** Seconds of each page, 5 to 600 (翻页间隔). */
  turnSeconds?: Scalars['Int']['input'];
};

/** Who is to know (接收范围); what is named adds up. */
export type AudienceInput = {
  /** Everybody who is on duty now (全部在岗人员). */
  allOnDuty?: Scalars['Boolean']['input'];
  /** These persons, by id or login (人员). */
  officers?: Array<Scalars['ID']['input']>;
  /** Everybody of these units: ids or codes (单位). */
  units?: Array<Scalars['ID']['input']>;
};

/** What is wrong with the audit log (审计日志异常). */
export type AuditFault =
  /** A row is not what was sealed (被改). */
  | 'ALTERED'
  /** Rows are missing (缺失). */
  | 'DROPPED'
  /** A row was not sealed by this hub (非本机封存). */
  | 'FOREIGN'
  /** The head is not what was signed (与已签链末不符). */
  | 'HEAD_DIFFERS'
  /** The head is not signed by this hub (链末签名不是本机所签). */
  | 'HEAD_FORGED'
  /** Rows are sealed, and nothing says where they end (链末缺失). */
  | 'HEAD_MISSING'
  /** Not the head that was kept elsewhere (与另存的链末不符). */
  | 'KEPT_DIFFERS'
  /** A row is not where it belongs (错位). */
  | 'REORDERED'
  /** Rows wait for more than ten minutes to be sealed (久未封存). */
  | 'UNSEALED';

/** Whether a bulletin still stands (通报状态). */
export type BulletinState =
  /** It holds (已发布). */
  | 'PUBLISHED'
  /** Not to be acted on any more (已撤回). */
  | 'WITHDRAWN';

/** State of a call (到发状态), punctuality and progress in one word. */
export type CallStatus =
  /** Has arrived (已到). */
  | 'ARRIVED'
  /** Not served: it, or the whole run, is cancelled (停运). */
  | 'CANCELLED'
  /** Expected after its time (晚点). */
  | 'DELAYED'
  /** Has departed (已发). */
  | 'DEPARTED'
  /** Expected before its time (早点). */
  | 'EARLY'
  /** Its source says that it knows nothing (无实时信息). */
  | 'NO_DATA'
  /** Expected within a minute of the timetable (正点). */
  | 'ON_TIME'
  /** As in the timetable; nothing else is told (图定). */
  | 'SCHEDULED'
  /** The vehicle passes without a stop (通过不停). */
  | 'SKIPPED'
  /** Nothing fresh is known; it never means on time (未知). */
  | 'UNKNOWN';

/** The withdrawal of an order (撤销指令). */
export type CancelOrderInput = {
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
  /** The order (指令). */
  order: Scalars['ID']['input'];
  /** Why (原因). */
  reason: Scalars['String']['input'];
};

/** How sure it is to happen (确定性), in CAP's words. */
export type Certainty =
  /** More likely than not (很可能). */
  | 'LIKELY'
  /** It happens, or has happened (已发生). */
  | 'OBSERVED'
  /** Possible, not likely (可能). */
  | 'POSSIBLE'
  /** Not known, or in another word (未知). */
  | 'UNKNOWN'
  /** Not expected (不太可能). */
  | 'UNLIKELY';

/** What an event says about its node (变更类型). */
export type ChangeType =
  /** It is new among what is followed (新增). */
  | 'ADDED'
  /** It is none of what is followed any more (移除). */
  | 'REMOVED'
  /** Drop what you hold: how things stand now follows (重置). */
  | 'RESET'
  /** It is part of how things stand now (当前状态). */
  | 'SNAPSHOT'
  /** It has changed (更新). */
  | 'UPDATED';

/** Ticket check at the gate (检票). */
export type CheckIn =
  /** Closed (停止检票). */
  | 'CLOSED'
  /** About to close (即将停止). */
  | 'CLOSING'
  /** Not begun (未开始). */
  | 'NOT_OPEN'
  /** Open (检票中). */
  | 'OPEN';

/** A circle on the map (圆形范围), WGS-84. */
export type CircleInput = {
  /** Latitude of the centre (纬度). */
  lat: Scalars['Float']['input'];
  /** Longitude of the centre (经度). */
  lon: Scalars['Float']['input'];
  /** Metres, at most 50,000 (半径). */
  radiusMetres: Scalars['Float']['input'];
};

/** The end of an incident (办结事件). */
export type CloseIncidentInput = {
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
  /** The incident (事件). */
  incident: Scalars['ID']['input'];
  /** How it ended (处置结果). */
  outcome: Scalars['String']['input'];
};

/** That two ids name one stop place (确认标识映射). */
export type ConfirmIdMappingInput = {
  /** The stop place it stands for: its id or scoped id (对应站点). */
  canonical: Scalars['ID']['input'];
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
  /** The stop place that is mapped: its id, or a scoped id like "metro:123" (站点). */
  stopPlace: Scalars['ID']['input'];
  /** Since when; null: ever (生效). */
  validFrom?: InputMaybe<Scalars['DateTime']['input']>;
  /** Until when; null: for ever (失效). */
  validTo?: InputMaybe<Scalars['DateTime']['input']>;
};

/** A new order (下达指令). */
export type DispatchOrderInput = {
  /** Seconds before the next is asked; null: as configured (签收时限). */
  acceptWithinSeconds?: InputMaybe<Scalars['Int']['input']>;
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
  /** Who is asked next, in order, by id or login (升级顺序). */
  escalation?: Array<Scalars['ID']['input']>;
  /** The incident it belongs to (事件). */
  incident: Scalars['ID']['input'];
  /** How loudly to ask (指令等级). */
  priority?: OrderPriority;
  /** Officers on duty, by id or login (接收人). */
  recipients: Array<Scalars['ID']['input']>;
  /** What to do (内容). */
  text: Scalars['String']['input'];
};

/** Who will not be reached by an order that was given all the same (提示码). */
export type DispatchWarningCode =
  /** A warning: if nobody accepts, nobody else is asked, and the watch is alarmed at once (无升级人员). */
  | 'ESCALATION_NONE'
  /** A warning: no phone can be woken; tell them by phone or radio (升级人员无可推送的手机). */
  | 'ESCALATION_NO_PUSH'
  /** A warning: skipped unless on duty by then. Sign them in, or name others (升级人员未在勤). */
  | 'ESCALATION_OFF_DUTY'
  /** A warning: as things stand nobody could be asked next, and the watch would be alarmed (升级名单上无人可达). */
  | 'ESCALATION_UNREACHABLE'
  /** None of these: the message says what to expect (其他). */
  | 'OTHER'
  /** A warning: no phone is woken at all. Set `[push]`; until then tell them by radio (未配置推送). */
  | 'PUSH_NOT_CONFIGURED'
  /** A warning: no phone can be woken; tell them by phone or radio (接收人无可推送的手机). */
  | 'RECIPIENT_NO_PUSH';

/** The end of a wall (断开大屏). */
export type EndWallInput = {
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
  /** The wall (大屏). */
  wall: Scalars['ID']['input'];
};

/** Condition of a facility (设施状态), in SIRI-FM's words. */
export type FacilityStatus =
  /** In use (可用). */
  | 'AVAILABLE'
  /** Out of use (停用). */
  | 'NOT_AVAILABLE'
  /** Partly in use (部分可用). */
  | 'PARTLY_AVAILABLE'
  /** Nothing fresh is known (未知). */
  | 'UNKNOWN';

/** Health of a feed's data (数据源状态), by its age. */
export type FeedState =
  /** Its data comes, and part of it is refused or late (部分异常). */
  | 'DEGRADED'
  /** Switched off in the configuration (已停用). */
  | 'DISABLED'
  /** Nothing new for so long that its values are unknown (中断). */
  | 'DOWN'
  /** Its data is fresh; an answer alone is not enough (正常). */
  | 'HEALTHY'
  /** Cannot work as it is configured (配置有误). */
  | 'MISCONFIGURED'
  /** What stands behind its data, a timetable, is being read (首次读取). */
  | 'PRIMING'
  /** Asked too often; the hub waits (被限流). */
  | 'RATE_LIMITED'
  /** Nothing new for longer than it should take (过期). */
  | 'STALE'
  /** Nothing has come yet since the hub started (启动中). */
  | 'STARTING'
  /** Its credential is refused (凭据被拒). */
  | 'UNAUTHORISED';

/** How far a value can be trusted now (时效). */
export type FreshnessState =
  /** As new as it should be (实时). */
  | 'FRESH'
  /** From a timetable, not observed (图定). */
  | 'SCHEDULED'
  /** Older than it should be (过期). */
  | 'STALE'
  /** Its source has been silent too long (未知). */
  | 'UNKNOWN';

/** What sort of object ids name (对象类型). */
export type IdScheme =
  /** Stop places (站点). */
  | 'STOP_PLACE';

/** What happened (事件类型). */
export type IncidentKind =
  /** Crowding (客流). */
  | 'CROWD'
  /** A facility that fails (设施). */
  | 'FACILITY'
  /** Fire or smoke (火情). */
  | 'FIRE'
  /** Transport without a licence (非法客运). */
  | 'ILLEGAL_TRANSPORT'
  /** Somebody ill or hurt (医疗). */
  | 'MEDICAL'
  /** Any other (其他). */
  | 'OTHER'
  /** Public order (治安). */
  | 'PUBLIC_ORDER'
  /** Passengers who cannot go on (滞留旅客). */
  | 'STRANDED_PASSENGERS'
  /** Traffic (交通). */
  | 'TRAFFIC';

/** State of an incident (事件状态). */
export type IncidentState =
  /** Closed with its outcome (办结). */
  | 'CLOSED'
  /** Being dealt with (处置中). */
  | 'OPEN';

/** State of a dated journey (班次状态). */
export type JourneyState =
  /** Runs beside the timetable (加开). */
  | 'ADDED'
  /** Does not run, and passengers are told (停运). */
  | 'CANCELLED'
  /** Does not run, and is not to be shown (取消). */
  | 'DELETED'
  /** In the timetable, not begun as far as known (图定). */
  | 'PLANNED'
  /** Another runs in its place (替换). */
  | 'REPLACED'
  /** On its way (运行). */
  | 'RUNNING';

/** A language of names and texts (语言); what is missing in it reads as it is in the other. */
export type Language =
  /** English (英文). */
  | 'EN'
  /** Chinese (中文). */
  | 'ZH';

/** How a step of an order with a recipient was learnt (渠道). */
export type LedgerChannel =
  /** The person said so (手机回报). */
  | 'ACTIONS'
  /** The hub did it, since somebody did not answer (升级). */
  | 'ESCALATION'
  /** By the phone's stream of events (实时流). */
  | 'EVENTS'
  /** By Firebase (FCM推送). */
  | 'FCM'
  /** The hub did it (中枢). */
  | 'HUB'
  /** By JPush (极光推送). */
  | 'JPUSH'
  /** By another way (其他). */
  | 'OTHER'
  /** The phone asked for news (同步). */
  | 'SYNC'
  /** By Web Push (网页推送). */
  | 'WEBPUSH';

/** Health of a connection (链路状态), apart from the age of its data. */
export type LinkState =
  /** Being made (连接中). */
  | 'CONNECTING'
  /** The peer does not answer (断开). */
  | 'DOWN'
  /** The peer refuses it (被拒绝). */
  | 'REFUSED'
  /** The peer answers (已连接). */
  | 'UP';

/** What was decided of a mapping (映射状态). */
export type MappingState =
  /** The two are one; it has effect (已确认). */
  | 'CONFIRMED'
  /** Nothing yet; it has no effect (待确认). */
  | 'PROPOSED'
  /** The two are two; it is not proposed again (已否定). */
  | 'REJECTED';

/** What a mapping rests on (匹配方式). */
export type MatchMethod =
  /** The same id in both datasets (编号相同). */
  | 'EXACT'
  /** A person (人工). */
  | 'MANUAL'
  /** The names (名称). */
  | 'NAME'
  /** The positions (位置). */
  | 'POSITION';

/** A note on an incident (事件记事). */
export type NoteIncidentInput = {
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
  /** The incident (事件). */
  incident: Scalars['ID']['input'];
  /** What everybody who sees it is to read (内容). */
  text: Scalars['String']['input'];
};

/** How full a vehicle is (拥挤度), in GTFS-RT's words. */
export type OccupancyStatus =
  /** Little room to stand (站位拥挤). */
  | 'CRUSHED_STANDING_ROOM_ONLY'
  /** Nobody, or next to nobody, aboard (空). */
  | 'EMPTY'
  /** Few seats free (座位较少). */
  | 'FEW_SEATS_AVAILABLE'
  /** Full (满员). */
  | 'FULL'
  /** Many seats free (座位充足). */
  | 'MANY_SEATS_AVAILABLE'
  /** Lets nobody in, full or not (不上客). */
  | 'NOT_ACCEPTING_PASSENGERS'
  /** Not for passengers at all (不载客). */
  | 'NOT_BOARDABLE'
  /** Room to stand (仅有站位). */
  | 'STANDING_ROOM_ONLY';

/** A new incident (登记事件). */
export type OpenIncidentInput = {
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
  /** What is known (描述). */
  description?: InputMaybe<Scalars['String']['input']>;
  /** Whether it is a drill (演练). */
  exercise?: Scalars['Boolean']['input'];
  /** What happened (事件类型). */
  kind: IncidentKind;
  /** Where, in words (地点). */
  place?: InputMaybe<Scalars['String']['input']>;
  /** Where, on the map (位置). */
  position?: InputMaybe<PositionInput>;
  /** How bad (严重程度). */
  severity?: Severity;
  /** Title, at most 200 characters (标题). */
  title: Scalars['String']['input'];
  /** Units involved, ids or codes, the lead first (涉及单位). */
  units?: Array<Scalars['ID']['input']>;
};

/** Whether a parking facility takes vehicles (开放状态). */
export type OpeningStatus =
  /** It does not (关闭). */
  | 'CLOSED'
  /** It does (开放). */
  | 'OPEN'
  /** Nothing fresh is known (未知). */
  | 'UNKNOWN';

/** What its recipient does with an order (指令回报). */
export type OrderAnswer =
  /** Taken on (已签收). */
  | 'ACCEPTED'
  /** On scene (到场). */
  | 'ARRIVED'
  /** Cannot be done (不能执行). */
  | 'DECLINED'
  /** Carried out (处置完毕). */
  | 'DONE'
  /** On the way (在途). */
  | 'EN_ROUTE'
  /** It has come (已收到). */
  | 'RECEIVED'
  /** It was opened (已查看). */
  | 'SEEN';

/** How loudly a phone may ask (指令等级). */
export type OrderPriority =
  /** As any message (一般). */
  | 'ROUTINE'
  /** At once, and loudly (紧急). */
  | 'URGENT';

/** State of an order as a whole (指令状态). */
export type OrderState =
  /** Withdrawn (撤销). */
  | 'CANCELLED'
  /** Every part was carried out by one of those asked for it (完成). */
  | 'COMPLETED'
  /** Being carried out (执行中). */
  | 'OPEN';

/** Whether spaces are free (车位状态), in DATEX II's words. */
export type ParkingSiteStatus =
  /** Few spaces free (将满). */
  | 'ALMOST_FULL'
  /** None free (已满). */
  | 'FULL'
  /** Its entrance says that none is free (入口显示已满). */
  | 'FULL_AT_ENTRANCE'
  /** Spaces free (有空位). */
  | 'SPACES_AVAILABLE';

/** A place on the map (位置), WGS-84 degrees. */
export type PositionInput = {
  /** Latitude (纬度). */
  lat: Scalars['Float']['input'];
  /** Longitude (经度). */
  lon: Scalars['Float']['input'];
};

/** Whether an arrival or a departure has happened (到发进度). */
export type Progress =
  /** Will not happen: it is cancelled (停运). */
  | 'CANCELLED'
  /** Has happened (已完成). */
  | 'DONE'
  /** Still to come (未到). */
  | 'NOT_YET'
  /** Will not happen: the vehicle passes without a stop (通过不停). */
  | 'SKIPPED'
  /** Nobody tells, or nothing fresh is known (未知). */
  | 'UNKNOWN';

/** A new bulletin (发布通报), or one that corrects another. */
export type PublishBulletinInput = {
  /** Who is to know; null with `corrects`: whoever had that one (接收范围). */
  audience?: InputMaybe<AudienceInput>;
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
  /** The bulletin whose place it takes, withdrawn with it (更正). */
  corrects?: InputMaybe<Scalars['ID']['input']>;
  /** After how long who has not read it is reminded, twice at most; null: 300 s if urgent, else an hour (催办时限). */
  remindAfterSeconds?: InputMaybe<Scalars['Int']['input']>;
  /** What is to be known (内容). */
  text: Scalars['String']['input'];
  /** Title, at most 200 characters (标题). */
  title: Scalars['String']['input'];
  /** How loudly phones say it (紧急程度). */
  urgency?: OrderPriority;
};

/** How an arrival or a departure keeps its time (正晚点), before and after it has happened. */
export type Punctuality =
  /** After its time (晚点). */
  | 'DELAYED'
  /** Before its time (早点). */
  | 'EARLY'
  /** Nobody tells: there is nothing but a timetable (无实时信息). */
  | 'NO_DATA'
  /** Within a minute of the timetable (正点). */
  | 'ON_TIME'
  /** Nothing fresh is known; it never means on time (未知). */
  | 'UNKNOWN';

/** A push service that wakes phones (推送通道). */
export type PushChannel =
  /** Firebase Cloud Messaging (FCM推送). */
  | 'FCM'
  /** JPush (极光推送). */
  | 'JPUSH'
  /** Web Push of a browser (网页推送). */
  | 'WEBPUSH';

/** By which service a phone is woken (推送通道). */
export type PushService =
  /** By Firebase (FCM推送). */
  | 'FCM'
  /** By JPush (极光推送). */
  | 'JPUSH'
  /** By another (其他). */
  | 'OTHER'
  /** By Web Push (网页推送). */
  | 'WEBPUSH';

/** That a bulletin was read (已读). */
export type ReadBulletinInput = {
  /** The bulletin (通报). */
  bulletin: Scalars['ID']['input'];
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
};

/** That somebody else is to carry out an order (改派指令). */
export type ReassignOrderInput = {
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
  /** The recipient it is taken from, by id or login (原接收人). */
  officer: Scalars['ID']['input'];
  /** The order (指令). */
  order: Scalars['ID']['input'];
  /** Why (原因). */
  reason: Scalars['String']['input'];
  /** How far that recipient had come when you looked; null: not accepted (所见阶段). Where they have taken it on, or gone on with it, since, nothing is done: PART_TAKEN. */
  stage?: InputMaybe<Stage>;
  /** An officer on duty who has no part of it, by id or login (改派至). */
  to: Scalars['ID']['input'];
};

/** That a screen may be no wall (拒绝大屏). */
export type RefuseWallInput = {
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
  /** What the screen shows (代码). */
  code: Scalars['String']['input'];
};

/** That two ids do not name one stop place (否定标识映射). */
export type RejectIdMappingInput = {
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
  /** The mapping (标识映射). */
  idMapping: Scalars['ID']['input'];
};

/** Why an entity, or a part of one, was refused (拒收原因). */
export type RejectReason =
  /** Several trips answer; none is taken (匹配不唯一). */
  | 'AMBIGUOUS_MATCH'
  /** A damaged frame: its checksum is wrong (校验错误). */
  | 'BAD_CHECKSUM'
  /** A damaged frame: bytes that no frame has (转义错误). */
  | 'BAD_ESCAPE'
  /** A damaged frame: it is too short or too long (长度错误). */
  | 'BAD_LENGTH'
  /** Not a value of that field (取值无效). */
  | 'BAD_VALUE'
  /** XML with a DOCTYPE; refused unread (禁用DTD). */
  | 'DTD_FORBIDDEN'
  /** Said twice in one payload (重复). */
  | 'DUPLICATE'
  /** It says nothing (内容为空). */
  | 'EMPTY_ENTITY'
  /** What nothing can be said without is missing (缺少字段). */
  | 'MISSING_FIELD'
  /** A departure before its arrival (停站为负). */
  | 'NEGATIVE_DWELL'
  /** A terminal that must give its code first did not (未鉴权). */
  | 'NOT_AUTHENTICATED'
  /** The bytes are not what the kind reads (无法解析). */
  | 'NOT_DECODABLE'
  /** Newer data is already held (数据过旧). */
  | 'OLDER_THAN_KNOWN'
  /** The calendar does not reach to today (不在有效期). */
  | 'OUTSIDE_PERIOD'
  /** The receiver had no fix (未定位). */
  | 'POSITION_NOT_FIXED'
  /** No place on Earth (位置越界). */
  | 'POSITION_OUT_OF_RANGE'
  /** The producer itself reports an error (数据源报错). */
  | 'SOURCE_ERROR'
  /** A default that leaked out, such as 1970 (时间为默认值). */
  | 'TIMESTAMP_EPOCH'
  /** Later than a clock may be wrong (时间超前). */
  | 'TIMESTAMP_IN_FUTURE'
  /** Nothing says when (缺少时间). */
  | 'TIMESTAMP_MISSING'
  /** A later call before an earlier one, an end before its start (时间倒序). */
  | 'TIME_ORDER'
  /** More bytes, entities or calls than allowed (过大). */
  | 'TOO_LARGE'
  /** A line that the timetable lacks (线路未知). */
  | 'UNKNOWN_ROUTE'
  /** A calendar or service that the timetable lacks (日历未知). */
  | 'UNKNOWN_SERVICE'
  /** A stop, station or facility that the static data lacks (站点未知). */
  | 'UNKNOWN_STOP'
  /** A trip that the timetable lacks (班次未知). */
  | 'UNKNOWN_TRIP'
  /** A message of another service, or of no use here (报文不支持). */
  | 'UNSUPPORTED_MESSAGE'
  /** A version that is read with doubt, or not at all (版本不支持). */
  | 'UNSUPPORTED_VERSION';

/** That a closed incident goes on (重启事件). */
export type ReopenIncidentInput = {
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
  /** The incident (事件). */
  incident: Scalars['ID']['input'];
  /** Why (原因). */
  reason: Scalars['String']['input'];
};

/** A new password, or secret of a partner (重置密码或密钥). */
export type ResetSecretInput = {
  /** The account (账号). */
  account: Scalars['ID']['input'];
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
  /** Hours for which a partner's old secret works too, at most 720 (宽限). */
  graceHours?: Scalars['Int']['input'];
};

/** The end of a session (结束会话). */
export type RevokeSessionInput = {
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
  /** The session (会话). */
  session: Scalars['ID']['input'];
};

/** Whether seats are sold (售票). */
export type SaleStatus =
  /** No more (停售). */
  | 'ENDED'
  /** On sale (在售). */
  | 'ON_SALE'
  /** None left (售罄). */
  | 'SOLD_OUT'
  /** Not now (暂停). */
  | 'SUSPENDED';

/** Severity (严重程度), in CAP's words. */
export type Severity =
  /** An extraordinary threat (特别严重). */
  | 'EXTREME'
  /** Little or no threat (轻微). */
  | 'MINOR'
  /** A possible threat (一般). */
  | 'MODERATE'
  /** A serious threat (严重). */
  | 'SEVERE'
  /** Not said (未知). */
  | 'UNKNOWN';

/** That an alarm is put aside for a while (搁置告警). */
export type ShelveAlarmInput = {
  /** The alarm, of no level ACT (告警). */
  alarm: Scalars['ID']['input'];
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
  /** Why, at most 500 characters (原因). */
  reason: Scalars['String']['input'];
  /** Until when, in the next eight hours; then it calls anew (搁置至). */
  until: Scalars['DateTime']['input'];
};

/** The end of all that an account has open (强制下线). */
export type SignOutAccountInput = {
  /** The account (账号). */
  account: Scalars['ID']['input'];
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
};

/** Whether a situation goes on (通告状态). */
export type SituationProgress =
  /** Its source has ended it (已结束). */
  | 'CLOSED'
  /** It does (进行中). */
  | 'OPEN';

/** How far it has come with one recipient (阶段). */
export type Stage =
  /** Taken on (已签收). */
  | 'ACCEPTED'
  /** On scene (到场). */
  | 'ARRIVED'
  /** Withdrawn from them (撤销). */
  | 'CANCELLED'
  /** Cannot be done by them (拒绝). */
  | 'DECLINED'
  /** Carried out (完成). */
  | 'DONE'
  /** On the way (在途). */
  | 'EN_ROUTE'
  /** Not answered in time: the next was asked (升级). */
  | 'ESCALATED'
  /** To be sent (待发). */
  | 'QUEUED'
  /** On the phone (送达). */
  | 'RECEIVED'
  /** Opened (已阅). */
  | 'SEEN'
  /** Handed to what wakes the phone (已发). */
  | 'SENT';

/** Kind of stop place (站点类型). */
export type StopPlaceKind =
  /** Coach station (长途客运站). */
  | 'COACH_STATION'
  /** Metro station (地铁站). */
  | 'METRO_STATION'
  /** Any other (其他). */
  | 'OTHER'
  /** Railway station (火车站). */
  | 'RAIL_STATION'
  /** Taxi rank (候客点). */
  | 'TAXI_RANK';

/** State of a taxi (营运状态), in MDS's words. */
export type TaxiState =
  /** Vacant (空车). */
  | 'AVAILABLE'
  /** Not at work (非营运). */
  | 'NON_OPERATIONAL'
  /** Hired (重车). */
  | 'ON_TRIP'
  /** On its way to who called it (电召). */
  | 'RESERVED'
  /** Not for hire now (停运). */
  | 'STOPPED'
  /** Nothing fresh is known (未知). */
  | 'UNKNOWN';

/** What a line of an incident's timeline tells of (时间线类别). */
export type TimelineKind =
  /** Somebody left duty with an open order (签退). */
  | 'DUTY_SIGNED_OUT'
  /** A photograph has come (照片). */
  | 'INCIDENT_ATTACHED'
  /** Closed (办结). */
  | 'INCIDENT_CLOSED'
  /** Something was written down (记事). */
  | 'INCIDENT_NOTED'
  /** Opened (登记). */
  | 'INCIDENT_OPENED'
  /** Taken up again (重启). */
  | 'INCIDENT_REOPENED'
  /** Units were made part of it (增加单位). */
  | 'INCIDENT_UNITS_ADDED'
  /** What is known of it was changed (更新). */
  | 'INCIDENT_UPDATED'
  /** Somebody took it on (签收). */
  | 'ORDER_ACCEPTED'
  /** Somebody is on scene (到场). */
  | 'ORDER_ARRIVED'
  /** It was withdrawn (撤销). */
  | 'ORDER_CANCELLED'
  /** It is completed (完成). */
  | 'ORDER_COMPLETED'
  /** Somebody cannot do it (拒绝). */
  | 'ORDER_DECLINED'
  /** An order was given (下达指令). */
  | 'ORDER_DISPATCHED'
  /** Somebody has carried it out (处置完毕). */
  | 'ORDER_DONE'
  /** Somebody is on the way (在途). */
  | 'ORDER_EN_ROUTE'
  /** Nobody took it in time: the next was asked (升级). */
  | 'ORDER_ESCALATED'
  /** Nobody took it, and nobody is left to ask (无人签收). */
  | 'ORDER_EXHAUSTED'
  /** It was given to somebody else (改派). */
  | 'ORDER_REASSIGNED'
  /** It was taken on elsewhere in the chain (已由他人签收). */
  | 'ORDER_TAKEN'
  /** Something else: the text says what (其他). */
  | 'OTHER'
  /** A phone could not be woken (呼叫失败). */
  | 'PUSH_FAILED';

/** Mode of transport (运输方式). */
export type TransportMode =
  /** Bus (公交). */
  | 'BUS'
  /** Long-distance coach (长途客运). */
  | 'COACH'
  /** Ferry (轮渡). */
  | 'FERRY'
  /** Underground and urban rail (轨道交通). */
  | 'METRO'
  /** Any other (其他). */
  | 'OTHER'
  /** Railway (铁路). */
  | 'RAIL'
  /** Taxi (出租车). */
  | 'TAXI'
  /** Tram (有轨电车). */
  | 'TRAM';

/** Kind of member unit (成员单位类型). */
export type UnitKind =
  /** Office that runs the station area (管理办公室). */
  | 'ADMINISTRATION'
  /** Armed police (武警). */
  | 'ARMED_POLICE'
  /** Enforcement of city and transport rules (综合执法). */
  | 'ENFORCEMENT'
  /** Management of the station area (综合管理). */
  | 'MANAGEMENT'
  /** Transport operator (运营单位). */
  | 'OPERATOR'
  /** Police (公安). */
  | 'POLICE'
  /** Supervision of markets or transport (行业监管). */
  | 'REGULATOR'
  /** Service to the area, such as cleaning (服务保障). */
  | 'SERVICE'
  /** Traffic police (交警). */
  | 'TRAFFIC_POLICE';

/** That an alarm is put aside no longer (取消搁置). */
export type UnshelveAlarmInput = {
  /** The alarm (告警). */
  alarm: Scalars['ID']['input'];
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
};

/** A change of an account (变更账号). */
export type UpdateAccountInput = {
  /** The account (账号). */
  account: Scalars['ID']['input'];
  /** Whether it may sign in; a partner that was revoked stays so (启用). */
  active?: InputMaybe<Scalars['Boolean']['input']>;
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
  /** In English (英文姓名). */
  nameEn?: InputMaybe<Scalars['String']['input']>;
  /** Name in Chinese (中文姓名). */
  nameZh?: InputMaybe<Scalars['String']['input']>;
  /** What it is (角色). */
  role?: InputMaybe<AccountRole>;
  /** The unit it belongs to (所属单位). */
  unit?: InputMaybe<Scalars['ID']['input']>;
};

/** What has changed of an incident (更新事件); what is absent stays. */
export type UpdateIncidentInput = {
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
  /** What is known; null: nothing (描述). */
  description?: InputMaybe<Scalars['String']['input']>;
  /** The incident (事件). */
  incident: Scalars['ID']['input'];
  /** What happened (事件类型). */
  kind?: InputMaybe<IncidentKind>;
  /** Where, in words; null: unknown (地点). */
  place?: InputMaybe<Scalars['String']['input']>;
  /** Where, on the map; null: unknown (位置). */
  position?: InputMaybe<PositionInput>;
  /** How bad (严重程度). */
  severity?: InputMaybe<Severity>;
  /** Title, at most 200 characters (标题). */
  title?: InputMaybe<Scalars['String']['input']>;
};

/** How soon something has to be done about an alert (紧迫程度), in CAP's words. */
export type Urgency =
  /** Within the hour (一小时内). */
  | 'EXPECTED'
  /** Later (将来). */
  | 'FUTURE'
  /** At once (立即). */
  | 'IMMEDIATE'
  /** No more (已过). */
  | 'PAST'
  /** Not known, or in another word (未知). */
  | 'UNKNOWN';

/** Why an input could not be carried out (错误码). */
export type UserErrorCode =
  /** Let the account in again first (账号已停用). */
  | 'ACCOUNT_OFF'
  /** There is nothing to put aside: the alarm has ended (告警已恢复). */
  | 'ALARM_CLEARED'
  /** An alarm of level ACT is seen to, never shelved: act, or acknowledge it (告警不能搁置). */
  | 'ALARM_PRESSES'
  /** It cannot be decoded: take it again (照片无法读取). */
  | 'ATTACHMENT_BROKEN'
  /** It came damaged: send it again, from 0 (校验和不符). */
  | 'ATTACHMENT_CHECKSUM'
  /** At most 40 megapixels (像素过多). */
  | 'ATTACHMENT_PIXELS'
  /** The account has sent as much as a day allows (今日照片已达上限). */
  | 'ATTACHMENT_QUOTA'
  /** At most 10 MiB a photograph, and what was declared (照片过大). */
  | 'ATTACHMENT_TOO_LARGE'
  /** Something stands behind the picture's end that no camera writes there (照片之后另有内容). */
  | 'ATTACHMENT_TRAILING'
  /** A photograph as JPEG, PNG or WebP: let the phone convert what is HEIC (不是 JPEG、PNG 或 WebP 照片). */
  | 'ATTACHMENT_TYPE'
  /** Not this phone's, or another report's (照片不属于此次上报). */
  | 'ATTACHMENT_UNKNOWN'
  /** Too many are named, or in the audience (接收范围过大). */
  | 'AUDIENCE_COUNT'
  /** Nobody is in the audience: name units, officers, or all on duty (接收范围内无人). */
  | 'AUDIENCE_EMPTY'
  /** No id, or the id of another kind of thing (编号无效). */
  | 'BAD_ID'
  /** The key made by the client: 1 to 128 characters (幂等键无效). */
  | 'BAD_KEY'
  /** The mapping ends before it begins (有效期无效). */
  | 'BAD_PERIOD'
  /** Give lat and lon in WGS-84 degrees, both or neither (位置无效). */
  | 'BAD_POSITION'
  /** The message says how many characters are allowed (文字过长或为空). */
  | 'BAD_TEXT'
  /** An alarm is shelved for eight hours at most (时刻无效). */
  | 'BAD_UNTIL'
  /** The message names the values that are known, or the bounds (取值无效). */
  | 'BAD_VALUE'
  /** The bulletin was withdrawn or corrected already (通报已撤回). */
  | 'BULLETIN_WITHDRAWN'
  /** Map to what that one is mapped to (基准站点已映射到别处). */
  | 'CANONICAL_IS_MAPPED'
  /** A partner application that was revoked stays so: add it under another name (应用已吊销). */
  | 'CLIENT_REVOKED'
  /** Whoever is ordered cannot be the next one asked: name somebody else for escalation (升级名单包含接收人). */
  | 'ESCALATION_NAMES_RECIPIENT'
  /** The account's role lacks the scope that is named, or it is another unit's (无权进行此操作). */
  | 'FORBIDDEN'
  /** The key or id was used for something else. Nothing was done: make a new one (编号已被使用). */
  | 'IDEMPOTENCY_CONFLICT'
  /** The incident is closed: open another (事件已办结). */
  | 'INCIDENT_CLOSED'
  /** The incident is open: there is nothing to reopen (事件未办结). */
  | 'INCIDENT_OPEN'
  /** Others are mapped to it: reject those first (该站点是其他标识的基准). */
  | 'IS_CANONICAL'
  /** Choose another login (登录名已存在). */
  | 'LOGIN_TAKEN'
  /** Nothing to change, or to add, was given (没有要修改的内容). */
  | 'NOTHING_ASKED'
  /** The order was not given to that person (不是接收人). */
  | 'NOT_A_RECIPIENT'
  /** Absent, or not visible to this account: the two look the same (未找到). */
  | 'NOT_FOUND'
  /** Too late. `data` is how the order stands (指令已撤销). */
  | 'ORDER_CANCELLED'
  /** Too late. `data` is how the order stands (指令已完成). */
  | 'ORDER_COMPLETED'
  /** The order is completed or cancelled (指令已结束). */
  | 'ORDER_ENDED'
  /** The watch has given the order to somebody else (已改派他人). */
  | 'ORDER_REASSIGNED'
  /** None of these: the message says what is wrong (其他). */
  | 'OTHER'
  /** Another administrator has to do this: so one is always left (不能停用自己或改变自己的角色). */
  | 'OWN_ACCOUNT'
  /** That person's part of the order is done (已处置完毕). */
  | 'PART_DONE'
  /** Somebody else is asked in that person's place already (已转交他人). */
  | 'PART_PASSED_ON'
  /** They took it on, or went on with it, since you looked. `stage` says that you know (已有人签收). */
  | 'PART_TAKEN'
  /** Name 1 to 1,000 recipients, at most 1,000 for escalation (人数不符). */
  | 'RECIPIENT_COUNT'
  /** Somebody is named twice, perhaps by login and by id (人员重复). */
  | 'RECIPIENT_DUPLICATE'
  /** Recipients must be on duty; name others (未签到). */
  | 'RECIPIENT_OFF_DUTY'
  /** Only officers and liaisons are ordered (该账号不能接收指令). */
  | 'RECIPIENT_ROLE'
  /** Nobody active has this login or id (无此人员). */
  | 'RECIPIENT_UNKNOWN'
  /** Two stop places of one dataset are two places (同一数据集). */
  | 'SAME_DATASET'
  /** It has ended already (会话已结束). */
  | 'SESSION_ENDED'
  /** The order has gone on, or to somebody else. `data` is how it stands (当前阶段不可如此回报). */
  | 'STAGE_PASSED'
  /** At most 10 photographs a report (照片过多). */
  | 'TOO_MANY_ATTACHMENTS'
  /** At most 50 units an incident (单位过多). */
  | 'TOO_MANY_UNITS'
  /** Take a code from `units` (无此单位). */
  | 'UNIT_UNKNOWN'
  /** No timetable has told of this stop place (无此站点). */
  | 'UNKNOWN_STOP_PLACE'
  /** Ask with HEAD how much is here, and go on from there (续传位置不符). */
  | 'UPLOAD_OFFSET'
  /** Somebody has answered it: a code is good for one answer (该请求已有答复). */
  | 'WALL_ANSWERED'
  /** No screen shows this code now: read it again, it changes every ten minutes (没有显示此代码的大屏). */
  | 'WALL_CODE'
  /** Too many codes that no screen shows: wait a minute (输错次数过多). */
  | 'WALL_GUESSES';

/** A page of a wall (大屏页面). */
export type WallPage =
  /** Alarms, open orders and situations (预警与指令). */
  | 'ALARMS_AND_ORDERS'
  /** The map, arrivals and departures (地图与到发). */
  | 'MAP_AND_BOARDS'
  /** Taxi ranks and parking (出租车与停车). */
  | 'TAXIS_AND_PARKING';

/** The withdrawal of a bulletin (撤回通报). */
export type WithdrawBulletinInput = {
  /** The bulletin (通报). */
  bulletin: Scalars['ID']['input'];
  /** Made by the client: sent again with the same input it changes nothing and answers the same (幂等键). */
  clientMutationId: Scalars['String']['input'];
  /** Why (原因). */
  reason: Scalars['String']['input'];
};

export type Link__Purpose =
  | 'EXECUTION'
  | 'SECURITY';

export type AccountShownFragment = { id: string, login: string, role: AccountRole, active: boolean, demo: boolean, createdAt: string, formerUntil: string | null, zh: string | null, en: string | null, unit: UnitNamedFragment | null };

export type SessionShownFragment = { id: string, code: string, mine: boolean, createdAt: string, expiresAt: string, account: AccountShownFragment | null, device: { platform: string, model: string | null, appVersion: string | null, seenAt: string, push: PushService | null } | null };

export type AlarmShownFragment = { id: string, kind: AlarmKind, level: AlarmLevel, state: AlarmState, message: string, nextStep: string, place: string | null, raisedAt: string, acknowledgedAt: string | null, shelvedUntil: string | null, shelvedBecause: string | null, zh: string, en: string, acknowledgedBy: PersonNamedFragment | null, shelvedBy: PersonNamedFragment | null, officer: { id: string } | null, order: { id: string, number: string } | null, incident: { id: string, number: string } | null };

export type BulletinShownFragment = { id: string, number: string, title: string, text: string, urgency: OrderPriority, state: BulletinState, publishedAt: string, allOnDuty: boolean, withdrawnAt: string | null, withdrawnReason: string | null, remindAfterSeconds: number, audienceCount: number, readCount: number, untoldCount: number, publishedBy: PersonNamedFragment | null, unit: UnitNamedFragment | null, units: Array<UnitNamedFragment>, withdrawnBy: PersonNamedFragment | null, corrects: { id: string, number: string } | null, replacedBy: { id: string, number: string } | null };

export type MappingShownFragment = { id: string, dataset: string, nativeId: string, canonicalId: string, method: MatchMethod, confidence: number, state: MappingState, decidedAt: string | null, decidedBy: PersonNamedFragment | null, stopPlace: { id: string, zh: string | null, en: string | null } | null, canonical: { id: string, zh: string | null, en: string | null } | null };

export type PastCallShownFragment = { id: string, status: CallStatus, aimedArrival: string | null, expectedArrival: string | null, actualArrival: string | null, aimedDeparture: string | null, expectedDeparture: string | null, actualDeparture: string | null, plannedPlatform: string | null, actualPlatform: string | null, freshness: { state: FreshnessState, asOf: string | null }, coach: { checkIn: CheckIn | null, sale: SaleStatus | null, seatsAvailable: number | null } | null, journey: { mode: TransportMode, publicCode: string | null, origin: string | null, destination: string | null, originEn: string | null, destinationEn: string | null, line: { publicCode: string | null } | null } };

export type PersonNamedFragment = { id: string, login: string, zh: string | null, en: string | null, unit: { code: string, zh: string | null, en: string | null } | null };

export type UnitNamedFragment = { id: string, code: string, zh: string | null, en: string | null };

export type QueuedFragment = { id: string, number: string, kind: IncidentKind, severity: Severity, state: IncidentState, title: string, place: string | null, exercise: boolean, openedAt: string, closedAt: string | null, openedBy: { role: AccountRole } | null, attachments: Array<{ at: string }>, orders: Array<{ id: string, state: OrderState, exhaustedAt: string | null, recipients: Array<{ stage: Stage, nobodyNext: boolean }> }> };

export type OrderLedgerFragment = { id: string, number: string, text: string, priority: OrderPriority, state: OrderState, createdAt: string, endedAt: string | null, acceptWithinSeconds: number, exhaustedAt: string | null, createdBy: PersonNamedFragment | null, escalation: Array<PersonNamedFragment>, recipients: Array<{ stage: Stage, nextStepAt: string | null, nobodyNext: boolean, reassignedBecause: string | null, round: number, unwoken: boolean, escalatedFromRound: number, escalatedFrom: { id: string } | null, officer: PersonNamedFragment | null, entries: Array<{ stage: Stage, at: string, deviceAt: string | null, channel: LedgerChannel, note: string | null }> }> };

export type TimelineLineFragment = { at: string, kind: TimelineKind, text: string, by: PersonNamedFragment | null };

export type SituationCallFragment = { id: string, status: CallStatus, aimedArrival: string | null, expectedArrival: string | null, actualArrival: string | null, aimedDeparture: string | null, expectedDeparture: string | null, actualDeparture: string | null, plannedPlatform: string | null, actualPlatform: string | null, freshness: { state: FreshnessState, asOf: string | null }, coach: { checkIn: CheckIn | null, sale: SaleStatus | null, seatsAvailable: number | null } | null, journey: { mode: TransportMode, publicCode: string | null, origin: string | null, destination: string | null, originEn: string | null, destinationEn: string | null, line: { publicCode: string | null } | null } };

export type AccountsWatchedSubscriptionVariables = Exact<{
  after: InputMaybe<Scalars['String']['input']>;
  roles: InputMaybe<Array<AccountRole> | AccountRole>;
  unit: InputMaybe<Scalars['ID']['input']>;
  active: InputMaybe<Scalars['Boolean']['input']>;
  text: InputMaybe<Scalars['String']['input']>;
}>;


export type AccountsWatchedSubscription = { accounts: { change: ChangeType, cursor: string, node: AccountShownFragment | null } };

export type OneAccountQueryVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type OneAccountQuery = { account: AccountShownFragment | null };

export type SessionsWatchedSubscriptionVariables = Exact<{
  after: InputMaybe<Scalars['String']['input']>;
  account: InputMaybe<Scalars['ID']['input']>;
}>;


export type SessionsWatchedSubscription = { sessions: { change: ChangeType, cursor: string, node: SessionShownFragment | null } };

export type AuditPageQueryVariables = Exact<{
  actor: InputMaybe<Scalars['String']['input']>;
  action: InputMaybe<Scalars['String']['input']>;
  target: InputMaybe<Scalars['String']['input']>;
  since: InputMaybe<Scalars['DateTime']['input']>;
  until: InputMaybe<Scalars['DateTime']['input']>;
  after: InputMaybe<Scalars['String']['input']>;
}>;


export type AuditPageQuery = { auditEntries: { nodes: Array<{ id: string, at: string, actor: string, action: string, target: string, authority: string, session: string | null, device: string | null, seq: number | null, person: PersonNamedFragment | null, order: { number: string, incident: { id: string } | null } | null, incident: { id: string, number: string } | null, bulletin: { id: string, number: string } | null, about: PersonNamedFragment | null, changes: Array<{ name: string, before: string | null, after: string | null }>, details: Array<{ name: string, after: string | null }> }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type AuditStateQueryVariables = Exact<{ [key: string]: never; }>;


export type AuditStateQuery = { auditState: { sealed: number, hash: string | null, sealedAt: string | null, faults: Array<AuditFault> } };

export type AddAccountMutationVariables = Exact<{
  input: AddAccountInput;
}>;


export type AddAccountMutation = { addAccount: { secret: string | null, userErrors: Array<{ code: UserErrorCode, path: Array<string>, message: string }>, account: AccountShownFragment | null } };

export type UpdateAccountMutationVariables = Exact<{
  input: UpdateAccountInput;
}>;


export type UpdateAccountMutation = { updateAccount: { userErrors: Array<{ code: UserErrorCode, path: Array<string>, message: string }>, account: { id: string } | null } };

export type ResetSecretMutationVariables = Exact<{
  input: ResetSecretInput;
}>;


export type ResetSecretMutation = { resetSecret: { secret: string | null, userErrors: Array<{ code: UserErrorCode, path: Array<string>, message: string }>, account: AccountShownFragment | null } };

export type SignOutAccountMutationVariables = Exact<{
  input: SignOutAccountInput;
}>;


export type SignOutAccountMutation = { signOutAccount: { userErrors: Array<{ code: UserErrorCode, path: Array<string>, message: string }>, account: { id: string } | null } };

export type RevokeSessionMutationVariables = Exact<{
  input: RevokeSessionInput;
}>;


export type RevokeSessionMutation = { revokeSession: { userErrors: Array<{ code: UserErrorCode, path: Array<string>, message: string }>, account: { id: string } | null } };

export type AlarmsToActSubscriptionVariables = Exact<{
  after: InputMaybe<Scalars['String']['input']>;
}>;


export type AlarmsToActSubscription = { alarms: { change: ChangeType, cursor: string, node: (
      { bulletin: { id: string, number: string } | null }
      & AlarmShownFragment
    ) | null } };

export type AlarmsOnWallSubscriptionVariables = Exact<{
  after: InputMaybe<Scalars['String']['input']>;
}>;


export type AlarmsOnWallSubscription = { alarms: { change: ChangeType, cursor: string, node: AlarmShownFragment | null } };

export type TakeUpAlarmMutationVariables = Exact<{
  input: AcknowledgeAlarmInput;
}>;


export type TakeUpAlarmMutation = { acknowledgeAlarm: { userErrors: Array<{ code: UserErrorCode, path: Array<string>, message: string }>, alarm: { id: string } | null } };

export type ShelveAlarmMutationVariables = Exact<{
  input: ShelveAlarmInput;
}>;


export type ShelveAlarmMutation = { shelveAlarm: { userErrors: Array<{ code: UserErrorCode, path: Array<string>, message: string }>, alarm: { id: string } | null } };

export type UnshelveAlarmMutationVariables = Exact<{
  input: UnshelveAlarmInput;
}>;


export type UnshelveAlarmMutation = { unshelveAlarm: { userErrors: Array<{ code: UserErrorCode, path: Array<string>, message: string }>, alarm: { id: string } | null } };

export type BulletinsWatchedSubscriptionVariables = Exact<{
  after: InputMaybe<Scalars['String']['input']>;
  state: InputMaybe<BulletinState>;
}>;


export type BulletinsWatchedSubscription = { bulletins: { change: ChangeType, cursor: string, node: BulletinShownFragment | null } };

export type OneBulletinQueryVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type OneBulletinQuery = { bulletin: BulletinShownFragment | null };

export type BulletinReadersQueryVariables = Exact<{
  bulletin: Scalars['ID']['input'];
  stages: InputMaybe<Array<Stage> | Stage>;
  after: InputMaybe<Scalars['String']['input']>;
}>;


export type BulletinReadersQuery = { bulletinRecipients: { nodes: Array<{ stage: Stage, unwoken: boolean, officer: PersonNamedFragment | null, entries: Array<{ stage: Stage, at: string }> }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type BulletinAudienceQueryVariables = Exact<{
  audience: AudienceInput;
}>;


export type BulletinAudienceQuery = { bulletinAudience: { people: number, unwakeable: number } };

export type PublishBulletinMutationVariables = Exact<{
  input: PublishBulletinInput;
}>;


export type PublishBulletinMutation = { publishBulletin: { userErrors: Array<{ code: UserErrorCode, path: Array<string>, message: string }>, warnings: Array<{ message: string }>, bulletin: { id: string } | null } };

export type WithdrawBulletinMutationVariables = Exact<{
  input: WithdrawBulletinInput;
}>;


export type WithdrawBulletinMutation = { withdrawBulletin: { userErrors: Array<{ code: UserErrorCode, path: Array<string>, message: string }>, bulletin: { id: string } | null } };

export type OfficersWatchedSubscriptionVariables = Exact<{
  after: InputMaybe<Scalars['String']['input']>;
  unit: InputMaybe<Scalars['ID']['input']>;
  onDuty: InputMaybe<Scalars['Boolean']['input']>;
}>;


export type OfficersWatchedSubscription = { officers: { change: ChangeType, cursor: string, node: (
      { role: AccountRole, onDuty: boolean, onDutySince: string | null, post: string | null, reach: { wakeable: boolean, listening: boolean, heardAt: string | null, openOrders: number } | null }
      & PersonNamedFragment
    ) | null } };

export type DutyCountsQueryVariables = Exact<{ [key: string]: never; }>;


export type DutyCountsQuery = { dutyCounts: Array<{ officers: number, onDuty: number, unit: UnitNamedFragment | null }> };

export type FeedsWatchedSubscriptionVariables = Exact<{
  after: InputMaybe<Scalars['String']['input']>;
}>;


export type FeedsWatchedSubscription = { feeds: { change: ChangeType, cursor: string, node: { id: string, code: string, kind: string, mode: TransportMode | null, state: FeedState, detail: string | null, dataAsOf: string | null, lastReceivedAt: string | null, warnAfterSeconds: number | null, expireAfterSeconds: number | null, changedAt: string | null, linkState: LinkState | null, priority: number | null, counts: { accepted: number, rejected: number, entities: number }, totals: { payloads: number, accepted: number, rejected: number }, rejects: Array<{ reason: RejectReason, count: number }>, notes: Array<{ reason: RejectReason, count: number }>, callbacks: Array<{ name: string, address: string, linkState: LinkState, detail: string | null }> } | null } };

export type UnmatchedPlacesQueryVariables = Exact<{
  after: InputMaybe<Scalars['String']['input']>;
}>;


export type UnmatchedPlacesQuery = { unmatchedStopPlaces: { nodes: Array<{ stopPlace: { id: string, scopedId: string, zh: string | null, en: string | null }, proposals: Array<MappingShownFragment> }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type DecidedMappingsQueryVariables = Exact<{
  state: InputMaybe<MappingState>;
  after: InputMaybe<Scalars['String']['input']>;
}>;


export type DecidedMappingsQuery = { idMappings: { nodes: Array<MappingShownFragment>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ConfirmMappingMutationVariables = Exact<{
  input: ConfirmIdMappingInput;
}>;


export type ConfirmMappingMutation = { confirmIdMapping: { userErrors: Array<{ code: UserErrorCode, path: Array<string>, message: string }>, idMapping: { id: string } | null } };

export type RejectMappingMutationVariables = Exact<{
  input: RejectIdMappingInput;
}>;


export type RejectMappingMutation = { rejectIdMapping: { userErrors: Array<{ code: UserErrorCode, path: Array<string>, message: string }>, idMapping: { id: string } | null } };

export type HistoryRangeQueryVariables = Exact<{ [key: string]: never; }>;


export type HistoryRangeQuery = { history: { start: string | null, end: string | null, gaps: Array<{ start: string, end: string | null }>, outages: Array<{ feed: string, state: FeedState, start: string, end: string | null }> } };

export type HistoryTicksQueryVariables = Exact<{ [key: string]: never; }>;


export type HistoryTicksQuery = { alarms: { nodes: Array<{ id: string, kind: AlarmKind, message: string, raisedAt: string }> }, incidents: { nodes: Array<{ id: string, number: string, title: string, severity: Severity, openedAt: string, closedAt: string | null }> } };

export type HistoryTransitQueryVariables = Exact<{
  at: Scalars['DateTime']['input'];
}>;


export type HistoryTransitQuery = { moment: { at: string, gap: { start: string, end: string | null } | null, boards: Array<{ stopPlace: { id: string }, departures: Array<PastCallShownFragment>, arrivals: Array<PastCallShownFragment> }> | null, vehicles: Array<{ id: string, mode: TransportMode, label: string | null, taxiState: TaxiState | null, observedAt: string | null, position: { lat: number, lon: number } | null, freshness: { state: FreshnessState } }> | null, taxiRanks: Array<{ id: string, scopedId: string, name: string | null, vehiclesWaiting: number | null, capacity: number | null, holding: number | null, holdingCapacity: number | null, departures15m: number | null, nameEn: string | null, freshness: { state: FreshnessState, asOf: string | null } }> | null, parkingFacilities: Array<{ id: string, name: string | null, vacant: number | null, capacity: number | null, status: ParkingSiteStatus | null, opening: OpeningStatus, nameEn: string | null, freshness: { state: FreshnessState, asOf: string | null } }> | null, situations: Array<{ id: string, mode: TransportMode | null, severity: Severity, summary: string | null, advice: string | null, summaryEn: string | null, adviceEn: string | null, validity: Array<{ start: string | null, end: string | null }>, freshness: { state: FreshnessState, asOf: string | null } }> | null, feeds: Array<{ id: string, code: string, kind: string, mode: TransportMode | null, state: FeedState, detail: string | null, dataAsOf: string | null, lastReceivedAt: string | null, warnAfterSeconds: number | null, expireAfterSeconds: number | null, changedAt: string | null, linkState: LinkState | null }> | null } };

export type HistoryWorkQueryVariables = Exact<{
  at: Scalars['DateTime']['input'];
}>;


export type HistoryWorkQuery = { moment: { at: string, incidents: Array<{ id: string, number: string, title: string, place: string | null, severity: Severity, exercise: boolean, position: { lat: number, lon: number } | null }> | null, orders: Array<{ id: string, number: string, text: string, priority: OrderPriority, createdAt: string, acceptWithinSeconds: number, exhaustedAt: string | null, incident: { id: string } | null, recipients: Array<{ stage: Stage, nobodyNext: boolean, officer: { name: string | null, nameEn: string | null } | null, entries: Array<{ at: string, stage: Stage }> }> }> | null, alarms: Array<{ id: string, kind: AlarmKind, level: AlarmLevel, state: AlarmState, message: string, nextStep: string, place: string | null, raisedAt: string, acknowledgedAt: string | null, shelvedUntil: string | null, shelvedBecause: string | null, zh: string, en: string, acknowledgedBy: PersonNamedFragment | null, shelvedBy: PersonNamedFragment | null, officer: { id: string } | null, order: { id: string, number: string } | null, incident: { id: string, number: string } | null }> | null, officers: Array<{ id: string, name: string | null, post: string | null, onDutySince: string | null, nameEn: string | null, unit: { name: string | null, nameEn: string | null } | null }> | null } };

export type OpenIncidentsSubscriptionVariables = Exact<{
  after: InputMaybe<Scalars['String']['input']>;
}>;


export type OpenIncidentsSubscription = { incidents: { change: ChangeType, cursor: string, node: QueuedFragment | null } };

export type ClosedIncidentsSubscriptionVariables = Exact<{
  after: InputMaybe<Scalars['String']['input']>;
}>;


export type ClosedIncidentsSubscription = { incidents: { change: ChangeType, cursor: string, node: QueuedFragment | null } };

export type OneIncidentSubscriptionVariables = Exact<{
  incident: Scalars['ID']['input'];
  after: InputMaybe<Scalars['String']['input']>;
}>;


export type OneIncidentSubscription = { incidents: { change: ChangeType, cursor: string, node: { id: string, number: string, kind: IncidentKind, severity: Severity, state: IncidentState, title: string, description: string | null, place: string | null, exercise: boolean, openedAt: string, closedAt: string | null, outcome: string | null, position: { lat: number, lon: number } | null, openedBy: PersonNamedFragment | null, closedBy: PersonNamedFragment | null, units: Array<UnitNamedFragment>, orders: Array<OrderLedgerFragment>, attachments: Array<{ url: string, thumbnailUrl: string, at: string, by: PersonNamedFragment | null }>, timeline: Array<TimelineLineFragment> } | null } };

export type EarlierLinesQueryVariables = Exact<{
  incident: Scalars['ID']['input'];
  after: InputMaybe<Scalars['String']['input']>;
}>;


export type EarlierLinesQuery = { incidentTimeline: { nodes: Array<TimelineLineFragment>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type OrderAudienceQueryVariables = Exact<{
  from: InputMaybe<PositionInput>;
  after: InputMaybe<Scalars['String']['input']>;
}>;


export type OrderAudienceQuery = { officers: { nodes: Array<(
      { post: string | null, onDutySince: string | null, reach: { wakeable: boolean, listening: boolean, heardAt: string | null, openOrders: number, locatedAt: string | null, distanceMetres: number | null } | null }
      & PersonNamedFragment
    )>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type UnitsToNameQueryVariables = Exact<{ [key: string]: never; }>;


export type UnitsToNameQuery = { units: Array<UnitNamedFragment> };

export type OpenIncidentMutationVariables = Exact<{
  input: OpenIncidentInput;
}>;


export type OpenIncidentMutation = { openIncident: { userErrors: Array<{ code: UserErrorCode, path: Array<string>, message: string }>, incident: { id: string, number: string } | null } };

export type UpdateIncidentMutationVariables = Exact<{
  input: UpdateIncidentInput;
}>;


export type UpdateIncidentMutation = { updateIncident: { userErrors: Array<{ code: UserErrorCode, path: Array<string>, message: string }>, incident: { id: string } | null } };

export type NoteIncidentMutationVariables = Exact<{
  input: NoteIncidentInput;
}>;


export type NoteIncidentMutation = { noteIncident: { userErrors: Array<{ code: UserErrorCode, path: Array<string>, message: string }>, incident: { id: string } | null } };

export type AddUnitsMutationVariables = Exact<{
  input: AddIncidentUnitsInput;
}>;


export type AddUnitsMutation = { addIncidentUnits: { userErrors: Array<{ code: UserErrorCode, path: Array<string>, message: string }>, incident: { id: string } | null } };

export type CloseIncidentMutationVariables = Exact<{
  input: CloseIncidentInput;
}>;


export type CloseIncidentMutation = { closeIncident: { userErrors: Array<{ code: UserErrorCode, path: Array<string>, message: string }>, incident: { id: string } | null } };

export type ReopenIncidentMutationVariables = Exact<{
  input: ReopenIncidentInput;
}>;


export type ReopenIncidentMutation = { reopenIncident: { userErrors: Array<{ code: UserErrorCode, path: Array<string>, message: string }>, incident: { id: string } | null } };

export type DispatchOrderMutationVariables = Exact<{
  input: DispatchOrderInput;
}>;


export type DispatchOrderMutation = { dispatchOrder: { userErrors: Array<{ code: UserErrorCode, path: Array<string>, message: string }>, warnings: Array<{ code: DispatchWarningCode, path: Array<string>, message: string }>, order: { id: string, number: string } | null } };

export type CancelOrderMutationVariables = Exact<{
  input: CancelOrderInput;
}>;


export type CancelOrderMutation = { cancelOrder: { userErrors: Array<{ code: UserErrorCode, path: Array<string>, message: string }>, order: { id: string, number: string } | null } };

export type ReassignOrderMutationVariables = Exact<{
  input: ReassignOrderInput;
}>;


export type ReassignOrderMutation = { reassignOrder: { userErrors: Array<{ code: UserErrorCode, path: Array<string>, message: string }>, order: { id: string, number: string } | null } };

export type SituationAreaQueryVariables = Exact<{ [key: string]: never; }>;


export type SituationAreaQuery = { interchange: { id: string, name: string | null, illustrative: boolean, map: unknown | null, nameEn: string | null, centre: { lat: number, lon: number } } };

export type SituationPlacesQueryVariables = Exact<{ [key: string]: never; }>;


export type SituationPlacesQuery = { interchange: { id: string, stopPlaces: Array<{ id: string, name: string | null, modes: Array<TransportMode>, nameEn: string | null }> } };

export type SituationDeparturesSubscriptionVariables = Exact<{
  stopPlace: Scalars['ID']['input'];
  first: Scalars['Int']['input'];
  after: InputMaybe<Scalars['String']['input']>;
}>;


export type SituationDeparturesSubscription = { departures: { change: ChangeType, cursor: string, node: SituationCallFragment | null } };

export type SituationArrivalsSubscriptionVariables = Exact<{
  stopPlace: Scalars['ID']['input'];
  first: Scalars['Int']['input'];
  after: InputMaybe<Scalars['String']['input']>;
}>;


export type SituationArrivalsSubscription = { arrivals: { change: ChangeType, cursor: string, node: SituationCallFragment | null } };

export type SituationRanksSubscriptionVariables = Exact<{
  after: InputMaybe<Scalars['String']['input']>;
}>;


export type SituationRanksSubscription = { taxiRanks: { change: ChangeType, cursor: string, node: { id: string, scopedId: string, name: string | null, vehiclesWaiting: number | null, capacity: number | null, holding: number | null, holdingCapacity: number | null, departures15m: number | null, nameEn: string | null, freshness: { state: FreshnessState, asOf: string | null } } | null } };

export type SituationParkingSubscriptionVariables = Exact<{
  after: InputMaybe<Scalars['String']['input']>;
}>;


export type SituationParkingSubscription = { parkingFacilities: { change: ChangeType, cursor: string, node: { id: string, name: string | null, vacant: number | null, capacity: number | null, status: ParkingSiteStatus | null, opening: OpeningStatus, nameEn: string | null, freshness: { state: FreshnessState, asOf: string | null } } | null } };

export type SituationNoticesSubscriptionVariables = Exact<{
  after: InputMaybe<Scalars['String']['input']>;
}>;


export type SituationNoticesSubscription = { situations: { change: ChangeType, cursor: string, node: { id: string, mode: TransportMode | null, severity: Severity, summary: string | null, advice: string | null, summaryEn: string | null, adviceEn: string | null, validity: Array<{ start: string | null, end: string | null }>, freshness: { state: FreshnessState, asOf: string | null } } | null } };

export type SituationOrdersSubscriptionVariables = Exact<{
  after: InputMaybe<Scalars['String']['input']>;
}>;


export type SituationOrdersSubscription = { orders: { change: ChangeType, cursor: string, node: { id: string, number: string, text: string, priority: OrderPriority, createdAt: string, acceptWithinSeconds: number, exhaustedAt: string | null, incident: { id: string } | null, recipients: Array<{ stage: Stage, nobodyNext: boolean, officer: { name: string | null, nameEn: string | null } | null, entries: Array<{ at: string, stage: Stage }> }> } | null } };

export type SituationIncidentsSubscriptionVariables = Exact<{
  after: InputMaybe<Scalars['String']['input']>;
}>;


export type SituationIncidentsSubscription = { incidents: { change: ChangeType, cursor: string, node: { id: string, number: string, title: string, place: string | null, severity: Severity, exercise: boolean, position: { lat: number, lon: number } | null } | null } };

export type SituationVehiclesSubscriptionVariables = Exact<{
  within: CircleInput;
  after: InputMaybe<Scalars['String']['input']>;
}>;


export type SituationVehiclesSubscription = { vehicles: { change: ChangeType, cursor: string, node: { id: string, mode: TransportMode, label: string | null, taxiState: TaxiState | null, observedAt: string | null, position: { lat: number, lon: number } | null, freshness: { state: FreshnessState } } | null } };

export type SituationOfficersQueryVariables = Exact<{
  after: InputMaybe<Scalars['String']['input']>;
}>;


export type SituationOfficersQuery = { officers: { pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, name: string | null, post: string | null, onDutySince: string | null, nameEn: string | null, unit: { name: string | null, nameEn: string | null } | null, lastPosition: { at: string, accuracyMetres: number | null, position: { lat: number, lon: number } } | null }> } };

export type WallsWatchedSubscriptionVariables = Exact<{
  after: InputMaybe<Scalars['String']['input']>;
}>;


export type WallsWatchedSubscription = { walls: { change: ChangeType, cursor: string, node: { id: string, name: string, pages: Array<WallPage>, turnSeconds: number, approvedAt: string, heardAt: string | null, page: WallPage | null, frameAgeSeconds: number | null, held: boolean, approvedBy: PersonNamedFragment | null } | null } };

export type WallAskedQueryVariables = Exact<{
  code: Scalars['String']['input'];
}>;


export type WallAskedQuery = { wallRequest: { code: string, address: string | null, askedAt: string, expiresAt: string, answered: boolean } };

export type ApproveWallMutationVariables = Exact<{
  input: ApproveWallInput;
}>;


export type ApproveWallMutation = { approveWall: { userErrors: Array<{ path: Array<string>, message: string }>, request: { code: string } | null } };

export type RefuseWallMutationVariables = Exact<{
  input: RefuseWallInput;
}>;


export type RefuseWallMutation = { refuseWall: { userErrors: Array<{ path: Array<string>, message: string }>, request: { code: string } | null } };

export type EndWallMutationVariables = Exact<{
  input: EndWallInput;
}>;


export type EndWallMutation = { endWall: { userErrors: Array<{ path: Array<string>, message: string }>, wall: { id: string } | null } };

export type OfficerAreaQueryVariables = Exact<{ [key: string]: never; }>;


export type OfficerAreaQuery = { interchange: { id: string, illustrative: boolean, map: unknown | null, centre: { lat: number, lon: number } } };

export type FeedsSubscriptionVariables = Exact<{
  after: InputMaybe<Scalars['String']['input']>;
}>;


export type FeedsSubscription = { feeds: { change: ChangeType, cursor: string, node: { id: string, code: string, kind: string, mode: TransportMode | null, state: FeedState, detail: string | null, dataAsOf: string | null, lastReceivedAt: string | null, warnAfterSeconds: number | null, expireAfterSeconds: number | null, changedAt: string | null, linkState: LinkState | null } | null } };

export const AccountsWatched = { id: 'sha256:29a87b47c95711ab7e5744ee64b7d76d03644b2174ad2e7b5fd888c74c339861', name: 'AccountsWatched', kind: 'subscription' } as unknown as Operation<AccountsWatchedSubscription, AccountsWatchedSubscriptionVariables>;
export const AddAccount = { id: 'sha256:8983b79a23b574b630b93a470bbe292ce76ff4b46800a7c8986559c493212652', name: 'AddAccount', kind: 'mutation' } as unknown as Operation<AddAccountMutation, AddAccountMutationVariables>;
export const AddUnits = { id: 'sha256:86189919850abd6bee31bd07cf273006754bc31efd89a64340efee313b9029e0', name: 'AddUnits', kind: 'mutation' } as unknown as Operation<AddUnitsMutation, AddUnitsMutationVariables>;
export const AlarmsOnWall = { id: 'sha256:3e68d883882084e05839f70650bf31d4b3d3583503d199702db40b574c83fdce', name: 'AlarmsOnWall', kind: 'subscription' } as unknown as Operation<AlarmsOnWallSubscription, AlarmsOnWallSubscriptionVariables>;
export const AlarmsToAct = { id: 'sha256:3bee9b140615d9641ec358c660d0740165a50ea58305930c8ea7a20a02e6e2f8', name: 'AlarmsToAct', kind: 'subscription' } as unknown as Operation<AlarmsToActSubscription, AlarmsToActSubscriptionVariables>;
export const ApproveWall = { id: 'sha256:74db6502796e7780de5bfb76443561f9b16dbba67a2139e2a500731625ef5116', name: 'ApproveWall', kind: 'mutation' } as unknown as Operation<ApproveWallMutation, ApproveWallMutationVariables>;
export const AuditPage = { id: 'sha256:2c2818633dea9151178cbb595350721376234d3f36bfd8f7d4328ce79ac59b35', name: 'AuditPage', kind: 'query' } as unknown as Operation<AuditPageQuery, AuditPageQueryVariables>;
export const AuditState = { id: 'sha256:15c47252c3f9015faa90f94396ae97de30cf3d5f4475855d1c3c334f578944a1', name: 'AuditState', kind: 'query' } as unknown as Operation<AuditStateQuery, AuditStateQueryVariables>;
export const BulletinAudience = { id: 'sha256:ce54041d73531bfa5c20f860c1aceb7a1ed70ce0fb30daf2f88b51a688eb44a5', name: 'BulletinAudience', kind: 'query' } as unknown as Operation<BulletinAudienceQuery, BulletinAudienceQueryVariables>;
export const BulletinReaders = { id: 'sha256:48b08ae6775d71553b460dfe9f108e9f146b52e8a74b65d636aa974e01404ca5', name: 'BulletinReaders', kind: 'query' } as unknown as Operation<BulletinReadersQuery, BulletinReadersQueryVariables>;
export const BulletinsWatched = { id: 'sha256:92867fa938b32e6913885916ac2d3a40caaa2c4aef7f6d12003b08decd7f11d7', name: 'BulletinsWatched', kind: 'subscription' } as unknown as Operation<BulletinsWatchedSubscription, BulletinsWatchedSubscriptionVariables>;
export const CancelOrder = { id: 'sha256:b6f85a8ff6cc3acb86cec2dbae1f4a2b068dd15d12333a0b962ebfdc471f7a8d', name: 'CancelOrder', kind: 'mutation' } as unknown as Operation<CancelOrderMutation, CancelOrderMutationVariables>;
export const CloseIncident = { id: 'sha256:9e821e7218be21c482495f0b3d01d1decf655fdec7e234330c2ce3cfb3d39d45', name: 'CloseIncident', kind: 'mutation' } as unknown as Operation<CloseIncidentMutation, CloseIncidentMutationVariables>;
export const ClosedIncidents = { id: 'sha256:c46897b38c8e3aff75f8cbe0a116098b2e119c03c1def7c0dad6399def93ff82', name: 'ClosedIncidents', kind: 'subscription' } as unknown as Operation<ClosedIncidentsSubscription, ClosedIncidentsSubscriptionVariables>;
export const ConfirmMapping = { id: 'sha256:400b3b72bd03689de57fbdfcb13a34210095e3f76ec1b9339fe93ada6c2fb4cb', name: 'ConfirmMapping', kind: 'mutation' } as unknown as Operation<ConfirmMappingMutation, ConfirmMappingMutationVariables>;
export const DecidedMappings = { id: 'sha256:6b6e7c9e3d8dbf1809609ada7b5fb976a86ba5777d3febd0e537bb648c61a441', name: 'DecidedMappings', kind: 'query' } as unknown as Operation<DecidedMappingsQuery, DecidedMappingsQueryVariables>;
export const DispatchOrder = { id: 'sha256:d4c91d60128d31b94617a1be7c6a62a3784c2a12ea9f4252f619b04d9ca4234e', name: 'DispatchOrder', kind: 'mutation' } as unknown as Operation<DispatchOrderMutation, DispatchOrderMutationVariables>;
export const DutyCounts = { id: 'sha256:e34852c62bb993c5d1b96bb2e961cbb82b4a73ba28b25be7ee370492e1cae602', name: 'DutyCounts', kind: 'query' } as unknown as Operation<DutyCountsQuery, DutyCountsQueryVariables>;
export const EarlierLines = { id: 'sha256:56187d40162158ea0c4e3f324ec70b858030a936a35a54e41aae2f3dccd67d18', name: 'EarlierLines', kind: 'query' } as unknown as Operation<EarlierLinesQuery, EarlierLinesQueryVariables>;
export const EndWall = { id: 'sha256:f176e1519d3acfef3d84151e5af892587a9cab9662f72aa5835956a938dc1950', name: 'EndWall', kind: 'mutation' } as unknown as Operation<EndWallMutation, EndWallMutationVariables>;
export const Feeds = { id: 'sha256:933bf89b95ce30af70f279e9a687556a169674e0b7e3d56a3b08b81526486e96', name: 'Feeds', kind: 'subscription' } as unknown as Operation<FeedsSubscription, FeedsSubscriptionVariables>;
export const FeedsWatched = { id: 'sha256:397c3bac30ec418f118bdd6614b37ae10a6fc97d39fda26e9cad3b03bed2caff', name: 'FeedsWatched', kind: 'subscription' } as unknown as Operation<FeedsWatchedSubscription, FeedsWatchedSubscriptionVariables>;
export const HistoryRange = { id: 'sha256:252a395a0bfc1a326f70bbe13a72315d2856f48da185083c8023a0d97d3acea2', name: 'HistoryRange', kind: 'query' } as unknown as Operation<HistoryRangeQuery, HistoryRangeQueryVariables>;
export const HistoryTicks = { id: 'sha256:fd709f40598e1b0c49a26360d9f01eef69ba2de088c7bdd57bd5d30902e6ba59', name: 'HistoryTicks', kind: 'query' } as unknown as Operation<HistoryTicksQuery, HistoryTicksQueryVariables>;
export const HistoryTransit = { id: 'sha256:15973cd0c2b7d079ce2cec279d797c229a3cf32ae88162d1a49a3ef2cd354e7d', name: 'HistoryTransit', kind: 'query' } as unknown as Operation<HistoryTransitQuery, HistoryTransitQueryVariables>;
export const HistoryWork = { id: 'sha256:153865db33956865d203a78b87f7e54a8c15787d7e6ba8fe77011976dd98589e', name: 'HistoryWork', kind: 'query' } as unknown as Operation<HistoryWorkQuery, HistoryWorkQueryVariables>;
export const NoteIncident = { id: 'sha256:8f442dd74046552afd15535e97d7ae0ed01a356d86dc6cf98e50b3a66e2e1d46', name: 'NoteIncident', kind: 'mutation' } as unknown as Operation<NoteIncidentMutation, NoteIncidentMutationVariables>;
export const OfficerArea = { id: 'sha256:3fe7e15c7cbcef7b7683c061520efab170dcb4217c332b3afcacc89766c53605', name: 'OfficerArea', kind: 'query' } as unknown as Operation<OfficerAreaQuery, OfficerAreaQueryVariables>;
export const OfficersWatched = { id: 'sha256:0ca4946fe95fac56ba15bf4ce29434cb6319fcd7a0144b94bf4409a810243add', name: 'OfficersWatched', kind: 'subscription' } as unknown as Operation<OfficersWatchedSubscription, OfficersWatchedSubscriptionVariables>;
export const OneAccount = { id: 'sha256:d31c7080dbf1a04d5b432519d9557f77aeefb89479375ef7a76b01c65f66d55b', name: 'OneAccount', kind: 'query' } as unknown as Operation<OneAccountQuery, OneAccountQueryVariables>;
export const OneBulletin = { id: 'sha256:bd678986d14aa6edda63db46618c6d182d948f32e287baf1e0dbdcdd6e25ce28', name: 'OneBulletin', kind: 'query' } as unknown as Operation<OneBulletinQuery, OneBulletinQueryVariables>;
export const OneIncident = { id: 'sha256:43b0c3c6bae7dbe5bebcd67f5eed592fc32330b4b909d173729273aec36f31ce', name: 'OneIncident', kind: 'subscription' } as unknown as Operation<OneIncidentSubscription, OneIncidentSubscriptionVariables>;
export const OpenIncident = { id: 'sha256:c62584a42235e4bf9f9c83888398b1046441ab113146efed250209438d98da7c', name: 'OpenIncident', kind: 'mutation' } as unknown as Operation<OpenIncidentMutation, OpenIncidentMutationVariables>;
export const OpenIncidents = { id: 'sha256:bad20305664d89ee0306faadfdf7cf67995def6aec13788424efe3e509f0fe6b', name: 'OpenIncidents', kind: 'subscription' } as unknown as Operation<OpenIncidentsSubscription, OpenIncidentsSubscriptionVariables>;
export const OrderAudience = { id: 'sha256:7f52ec172850cd45f33bd5a5a56a06e0d5de1b8f033db2ba22a5af5d1ed89171', name: 'OrderAudience', kind: 'query' } as unknown as Operation<OrderAudienceQuery, OrderAudienceQueryVariables>;
export const PublishBulletin = { id: 'sha256:2ab93d9a9de59277d321ab01cd2282672e912042cffb8af1bdfd9e4f1e964af1', name: 'PublishBulletin', kind: 'mutation' } as unknown as Operation<PublishBulletinMutation, PublishBulletinMutationVariables>;
export const ReassignOrder = { id: 'sha256:082586c8f2e5d0b286167ebf46016efb7fbf53356af485129f777f7742172b9e', name: 'ReassignOrder', kind: 'mutation' } as unknown as Operation<ReassignOrderMutation, ReassignOrderMutationVariables>;
export const RefuseWall = { id: 'sha256:b7a222ae305c155221e5fb2dfaf4fa226f8eb48a43bab97f363e0e497d26218a', name: 'RefuseWall', kind: 'mutation' } as unknown as Operation<RefuseWallMutation, RefuseWallMutationVariables>;
export const RejectMapping = { id: 'sha256:3cc5595556f83dc9d995851f6993ad3dfef02de7c49709dba04a1eb0d7077d76', name: 'RejectMapping', kind: 'mutation' } as unknown as Operation<RejectMappingMutation, RejectMappingMutationVariables>;
export const ReopenIncident = { id: 'sha256:32e56f249834af33f6a0a471a6836d5aac429976e7f1071fe78be874c4899b1e', name: 'ReopenIncident', kind: 'mutation' } as unknown as Operation<ReopenIncidentMutation, ReopenIncidentMutationVariables>;
export const ResetSecret = { id: 'sha256:db77d0bfd9de8020875e886a0cdfb5bb90d060dbecd9bd70de7d77f7223c0dc4', name: 'ResetSecret', kind: 'mutation' } as unknown as Operation<ResetSecretMutation, ResetSecretMutationVariables>;
export const RevokeSession = { id: 'sha256:e14a288c20d049762bf58f10c1038683f88186629e702389bfa9e7ce10ca52d1', name: 'RevokeSession', kind: 'mutation' } as unknown as Operation<RevokeSessionMutation, RevokeSessionMutationVariables>;
export const SessionsWatched = { id: 'sha256:9262b2131e7bfc1c9f9e6c85aca19faf09884b94bcf56868fe605ea4c632b6bd', name: 'SessionsWatched', kind: 'subscription' } as unknown as Operation<SessionsWatchedSubscription, SessionsWatchedSubscriptionVariables>;
export const ShelveAlarm = { id: 'sha256:067f05bcd002fdca412926d7f56d76ee1ff770136444b1d4970688ff2215daee', name: 'ShelveAlarm', kind: 'mutation' } as unknown as Operation<ShelveAlarmMutation, ShelveAlarmMutationVariables>;
export const SignOutAccount = { id: 'sha256:ca8e9296ec95b1748343ed41a4aa62d3bd00520f3ecb546c2d27cf2def00e0de', name: 'SignOutAccount', kind: 'mutation' } as unknown as Operation<SignOutAccountMutation, SignOutAccountMutationVariables>;
export const SituationArea = { id: 'sha256:1c82d566608c179ead7537291b89675ffec33671a97b3012d3ccaaf1987a2db2', name: 'SituationArea', kind: 'query' } as unknown as Operation<SituationAreaQuery, SituationAreaQueryVariables>;
export const SituationArrivals = { id: 'sha256:0f4a2acef193295dad07e7475a29281b819d387b07a562df65952aaed19fc315', name: 'SituationArrivals', kind: 'subscription' } as unknown as Operation<SituationArrivalsSubscription, SituationArrivalsSubscriptionVariables>;
export const SituationDepartures = { id: 'sha256:e440c3f45466cd43a362446d64b2122282b1afa1b7e85869543242b63f505fac', name: 'SituationDepartures', kind: 'subscription' } as unknown as Operation<SituationDeparturesSubscription, SituationDeparturesSubscriptionVariables>;
export const SituationIncidents = { id: 'sha256:30c35e5dc55b27beeab6368a1be2cffd2fdd6219a452c896e62cc666330e5f3f', name: 'SituationIncidents', kind: 'subscription' } as unknown as Operation<SituationIncidentsSubscription, SituationIncidentsSubscriptionVariables>;
export const SituationNotices = { id: 'sha256:0afe7fa78b686201eb4358a51dedf2af8d8a0443207a53c3edfb7908d4df0237', name: 'SituationNotices', kind: 'subscription' } as unknown as Operation<SituationNoticesSubscription, SituationNoticesSubscriptionVariables>;
export const SituationOfficers = { id: 'sha256:c1da5f0e03024f6249015969cab96294c359bed596867463384d7e928898bf20', name: 'SituationOfficers', kind: 'query' } as unknown as Operation<SituationOfficersQuery, SituationOfficersQueryVariables>;
export const SituationOrders = { id: 'sha256:bfbe004e9f4d05e03572f3f497cdae1a12af945348b4d4c02abf25d5b229f728', name: 'SituationOrders', kind: 'subscription' } as unknown as Operation<SituationOrdersSubscription, SituationOrdersSubscriptionVariables>;
export const SituationParking = { id: 'sha256:43b06ce0bb594ab5da0f373d3afdf838299074ef27effe18b299337e9833dde8', name: 'SituationParking', kind: 'subscription' } as unknown as Operation<SituationParkingSubscription, SituationParkingSubscriptionVariables>;
export const SituationPlaces = { id: 'sha256:1ca9d321593b11653bab6620954646b079412e922c667f3dc797e5e87375ad86', name: 'SituationPlaces', kind: 'query' } as unknown as Operation<SituationPlacesQuery, SituationPlacesQueryVariables>;
export const SituationRanks = { id: 'sha256:18731a553e2261544d675374d43aec6c2bee3dbb3cc1f7d638d39a17c356a647', name: 'SituationRanks', kind: 'subscription' } as unknown as Operation<SituationRanksSubscription, SituationRanksSubscriptionVariables>;
export const SituationVehicles = { id: 'sha256:72b9d5c01a10307ae4c12a37ca9a0feadaf4fd4bfc379093f7cf3bd23f5590b7', name: 'SituationVehicles', kind: 'subscription' } as unknown as Operation<SituationVehiclesSubscription, SituationVehiclesSubscriptionVariables>;
export const TakeUpAlarm = { id: 'sha256:b2e52814a184ef7a3248d00b9c8602ea5ae62a86977dce1ea0b34a333677d975', name: 'TakeUpAlarm', kind: 'mutation' } as unknown as Operation<TakeUpAlarmMutation, TakeUpAlarmMutationVariables>;
export const UnitsToName = { id: 'sha256:d715da77a84b7ad61cc64730cf1010bf014c674c10c9042e51bfacff03e79d3b', name: 'UnitsToName', kind: 'query' } as unknown as Operation<UnitsToNameQuery, UnitsToNameQueryVariables>;
export const UnmatchedPlaces = { id: 'sha256:e5f7218f845274fd5e70eb676a91cb533dced187ce1805f86abe5702f5a5365d', name: 'UnmatchedPlaces', kind: 'query' } as unknown as Operation<UnmatchedPlacesQuery, UnmatchedPlacesQueryVariables>;
export const UnshelveAlarm = { id: 'sha256:4495c52fcf37a059e626a53cb2e737f25bb9778a80f7337a9c4bf4fe80e18cb6', name: 'UnshelveAlarm', kind: 'mutation' } as unknown as Operation<UnshelveAlarmMutation, UnshelveAlarmMutationVariables>;
export const UpdateAccount = { id: 'sha256:c3418de443f26736b78d34b50e83c703c5f035d3df16375948108159a744b280', name: 'UpdateAccount', kind: 'mutation' } as unknown as Operation<UpdateAccountMutation, UpdateAccountMutationVariables>;
export const UpdateIncident = { id: 'sha256:121780fe8dba3d4263caaa14c76131809e9f916aff2a3b05f20928d7d3f8e31a', name: 'UpdateIncident', kind: 'mutation' } as unknown as Operation<UpdateIncidentMutation, UpdateIncidentMutationVariables>;
export const WallAsked = { id: 'sha256:a6872eb6de45c93873f5f45e77b437bddebc167645fc564aa7a5d8fd2cfe34a8', name: 'WallAsked', kind: 'query' } as unknown as Operation<WallAskedQuery, WallAskedQueryVariables>;
export const WallsWatched = { id: 'sha256:b71ded15da37428e534f95fe8f1c9320c0cf449df6f0b01017db5ead85a2ab76', name: 'WallsWatched', kind: 'subscription' } as unknown as Operation<WallsWatchedSubscription, WallsWatchedSubscriptionVariables>;
export const WithdrawBulletin = { id: 'sha256:e5f17e4f4e3533529faac03a1bfe406bc32380c670723f36b412172913580f44', name: 'WithdrawBulletin', kind: 'mutation' } as unknown as Operation<WithdrawBulletinMutation, WithdrawBulletinMutationVariables>;
