import type {
  FeedState,
  LinkState,
  MappingState,
  MatchMethod,
  RejectReason,
  TransportMode,
} from '$shared/gql/generated';
import type { LevelName } from '$shared/ui/Level.svelte';
import { words, type Pair } from '$shared/words.svelte';

interface Shown {
  word: Pair;
  level: LevelName;
  /** How a row of it looks. */
  look: '' | 'is-stale' | 'is-unknown';
  /** What to do about it. */
  next: Pair | null;
}

export const STATES: Record<FeedState, Shown> = {
  HEALTHY: { word: ['正常', 'Healthy'], level: 'normal', look: '', next: null },
  DEGRADED: {
    word: ['部分异常', 'Degraded'],
    level: 'caution',
    look: '',
    next: ['看下方拒收原因，告知数据提供方', 'See below what is refused, and tell the provider'],
  },
  STALE: {
    word: ['陈旧', 'Stale'],
    level: 'caution',
    look: 'is-stale',
    next: ['其数值按陈旧显示；先与数据提供方核对', 'Its values are shown as old; ask the provider'],
  },
  DOWN: {
    word: ['静默', 'Silent'],
    level: 'unknown',
    look: 'is-unknown',
    next: ['其数值按未知处理；改用电话核实', 'Its values are unknown; ask by telephone instead'],
  },
  RATE_LIMITED: {
    word: ['被限流', 'Rate limited'],
    level: 'caution',
    look: 'is-stale',
    next: ['中枢正在等待，到时自动重试', 'The hub waits, and tries again by itself'],
  },
  UNAUTHORISED: {
    word: ['凭据被拒', 'Unauthorised'],
    level: 'unknown',
    look: 'is-unknown',
    next: ['请管理员更换该数据源的凭据', 'An administrator has to renew its credential'],
  },
  MISCONFIGURED: {
    word: ['配置有误', 'Misconfigured'],
    level: 'unknown',
    look: 'is-unknown',
    next: ['请管理员改正配置文件', 'An administrator has to correct the configuration file'],
  },
  STARTING: { word: ['启动中', 'Starting'], level: 'unknown', look: 'is-unknown', next: null },
  PRIMING: { word: ['首次读取', 'Priming'], level: 'unknown', look: 'is-unknown', next: null },
  DISABLED: { word: ['已停用', 'Disabled'], level: 'normal', look: '', next: null },
};

export const LINKS: Record<LinkState, Pair> = {
  CONNECTING: ['连接中', 'Connecting'],
  DOWN: ['断开', 'Down'],
  REFUSED: ['被拒绝', 'Refused'],
  UP: ['已连接', 'Up'],
};

export const MODES: Record<TransportMode, Pair> = {
  RAIL: ['铁路', 'Rail'],
  METRO: ['地铁', 'Metro'],
  COACH: ['长途', 'Coach'],
  TAXI: ['出租车', 'Taxi'],
  BUS: ['公交', 'Bus'],
  TRAM: ['有轨电车', 'Tram'],
  FERRY: ['轮渡', 'Ferry'],
  OTHER: ['其他', 'Other'],
};

export const REASONS: Record<RejectReason, Pair> = {
  NOT_DECODABLE: ['无法解析', 'Cannot be decoded'],
  UNSUPPORTED_VERSION: ['版本不支持', 'Version not supported'],
  UNSUPPORTED_MESSAGE: ['报文不支持', 'Message not supported'],
  TOO_LARGE: ['过大', 'Too large'],
  DTD_FORBIDDEN: ['含 DOCTYPE', 'DOCTYPE forbidden'],
  BAD_CHECKSUM: ['校验错误', 'Bad checksum'],
  BAD_LENGTH: ['长度错误', 'Bad length'],
  BAD_ESCAPE: ['转义错误', 'Bad escape'],
  MISSING_FIELD: ['缺少字段', 'Missing field'],
  BAD_VALUE: ['取值无效', 'Bad value'],
  UNKNOWN_STOP: ['站点未知', 'Unknown stop'],
  UNKNOWN_TRIP: ['班次未知', 'Unknown trip'],
  UNKNOWN_ROUTE: ['线路未知', 'Unknown line'],
  UNKNOWN_SERVICE: ['日历未知', 'Unknown service'],
  AMBIGUOUS_MATCH: ['匹配不唯一', 'Ambiguous match'],
  OUTSIDE_PERIOD: ['不在有效期', 'Outside its period'],
  POSITION_OUT_OF_RANGE: ['位置越界', 'Position out of range'],
  POSITION_NOT_FIXED: ['未定位', 'No fix'],
  TIMESTAMP_IN_FUTURE: ['时间超前', 'Time in the future'],
  TIMESTAMP_EPOCH: ['时间为默认值', 'Default time'],
  TIMESTAMP_MISSING: ['缺少时间', 'No time'],
  TIME_ORDER: ['时间倒序', 'Times out of order'],
  NEGATIVE_DWELL: ['停站为负', 'Negative dwell'],
  DUPLICATE: ['重复', 'Duplicate'],
  OLDER_THAN_KNOWN: ['数据过旧', 'Older than known'],
  EMPTY_ENTITY: ['内容为空', 'Empty'],
  NOT_AUTHENTICATED: ['未鉴权', 'Not authenticated'],
  SOURCE_ERROR: ['数据源报错', 'Error of the source'],
};

export const METHODS: Record<MatchMethod, Pair> = {
  EXACT: ['编号相同', 'Same id'],
  NAME: ['名称', 'Name'],
  POSITION: ['位置', 'Position'],
  MANUAL: ['人工', 'By hand'],
};

export const MAPPED: Record<MappingState, Pair> = {
  PROPOSED: ['待确认', 'Proposed'],
  CONFIRMED: ['已确认', 'Confirmed'],
  REJECTED: ['已否定', 'Rejected'],
};

export const w = words({
  feeds: ['数据源', 'Feeds'],
  places: ['站点对应', 'Stop matching'],
  feed: ['数据源', 'Feed'],
  state: ['状态', 'State'],
  reason: ['原因', 'Reason'],
  age: ['数据时龄', 'Age'],
  limits: ['陈旧 / 失效', 'Stale / lost'],
  received: ['收到', 'Received'],
  accepted: ['接受', 'Accepted'],
  rejected: ['拒收', 'Rejected'],
  none: ['没有配置数据源', 'No feed is configured'],
  choose: ['选择一个数据源，查看拒收原因和回连', 'Choose a feed to see what it refuses, and why'],
  gone: ['没有这个数据源', 'There is no such feed'],
  last: ['最近一次', 'Last payload'],
  totals: ['累计', 'So far'],
  rejects: ['拒收原因', 'Why refused'],
  notes: ['部分拒收', 'Parts refused'],
  callbacks: ['回连', 'Callbacks'],
  nothingRefused: ['最近一次数据没有拒收', 'Nothing of the last payload was refused'],
  nothingNoted: ['没有部分拒收', 'No part of what was accepted was refused'],
  noCallbacks: ['没有回连', 'None'],
  source: ['数据时间', 'Time of the data'],
  kind: ['接入方式', 'Kind'],
  mode: ['运输方式', 'Mode'],
  link: ['链路', 'Link'],
  heard: ['最近接收', 'Last received'],
  since: ['状态自', 'In this state since'],
  priority: ['优先级', 'Priority'],
  seen: ['状态经过（本页打开以来）', 'States since this page was opened'],
  unmatched: ['未对应站点', 'Unmatched stop places'],
  allMatched: ['所有站点都已对应', 'Every stop place is matched'],
  noProposal: ['没有候选', 'No proposal'],
  confirm: ['确认', 'Confirm'],
  reject: ['否定', 'Reject'],
  decided: ['已决定', 'Decided'],
  noneDecided: ['还没有决定', 'Nothing was decided yet'],
  more: ['更多', 'More'],
});
