import type {
  AlarmKind,
  IncidentKind,
  LedgerChannel,
  OrderPriority,
  OrderState,
  Severity,
  Stage,
} from '$shared/gql/generated';
import type { LevelName } from '$shared/ui/Level.svelte';
import { say, words, type Pair } from '$shared/words.svelte';

export const KINDS: Record<IncidentKind, Pair> = {
  CROWD: ['大客流', 'Crowding'],
  STRANDED_PASSENGERS: ['滞留旅客', 'Stranded passengers'],
  PUBLIC_ORDER: ['治安', 'Public order'],
  MEDICAL: ['医疗救助', 'Medical'],
  FIRE: ['火情', 'Fire'],
  FACILITY: ['设施故障', 'Facility'],
  TRAFFIC: ['交通', 'Traffic'],
  ILLEGAL_TRANSPORT: ['非法客运', 'Unlicensed transport'],
  OTHER: ['其他', 'Other'],
};

export const SEVERITIES: Record<Severity, Pair> = {
  EXTREME: ['特别严重', 'Extreme'],
  SEVERE: ['严重', 'Severe'],
  MODERATE: ['一般', 'Moderate'],
  MINOR: ['轻微', 'Minor'],
  UNKNOWN: ['未判定', 'Not judged'],
};

/** The mark of a severity: CAP's five, in the order of the console's levels. */
export const LEVEL_OF: Record<Severity, LevelName> = {
  EXTREME: 'act',
  SEVERE: 'urgent',
  MODERATE: 'caution',
  MINOR: 'notice',
  UNKNOWN: 'unknown',
};

export const STAGES: Record<Stage, Pair> = {
  QUEUED: ['待发', 'Queued'],
  SENT: ['已发送', 'Sent'],
  RECEIVED: ['已送达', 'Delivered'],
  SEEN: ['已读', 'Read'],
  ACCEPTED: ['签收', 'Accepted'],
  EN_ROUTE: ['出发', 'En route'],
  ARRIVED: ['到场', 'On scene'],
  DONE: ['完成', 'Done'],
  DECLINED: ['不能执行', 'Cannot'],
  ESCALATED: ['已升级', 'Escalated'],
  CANCELLED: ['已撤销', 'Withdrawn'],
};

export const CHANNELS: Record<LedgerChannel, Pair> = {
  ACTIONS: ['手机回报', 'Reported'],
  ESCALATION: ['升级', 'Escalation'],
  EVENTS: ['实时流', 'Live'],
  FCM: ['推送', 'Push'],
  HUB: ['中枢', 'Hub'],
  JPUSH: ['推送', 'Push'],
  OTHER: ['其他', 'Other'],
  SYNC: ['同步', 'Sync'],
  WEBPUSH: ['推送', 'Push'],
};

export const PRIORITIES: Record<OrderPriority, Pair> = {
  URGENT: ['紧急', 'Urgent'],
  ROUTINE: ['一般', 'Routine'],
};

export const ORDER_STATES: Record<OrderState, Pair> = {
  OPEN: ['执行中', 'Going on'],
  COMPLETED: ['已完成', 'Completed'],
  CANCELLED: ['已撤销', 'Withdrawn'],
};

export const ALARMS: Record<AlarmKind, Pair> = {
  ORDER_UNANSWERED: ['指令无人签收', 'Order unanswered'],
  WAKE_UP_DEAD: ['呼叫失败', 'Not woken'],
  ESCALATION_LATE: ['升级延误', 'Escalation late'],
  CLOCK_OFF: ['时钟偏差', 'Clock off'],
};

/** Somebody who has a name in both languages. */
export interface Named {
  zh: string | null;
  en: string | null;
}

/** Their name in the language that is spoken, or a dash. */
export function named(one: (Named & { login?: string; code?: string }) | null | undefined): string {
  if (!one) return '—';
  const spoken = say([one.zh ?? one.en ?? '', one.en ?? one.zh ?? '']);
  return spoken || one.login || one.code || '—';
}

/** Their names, one after the other. */
export function listed(people: readonly Parameters<typeof named>[0][]): string {
  return people.map(named).join(say(['、', ', ']));
}

export const w = words({
  queue: ['事件列表', 'Incidents'],
  open: ['处置中', 'Open'],
  closed: ['已结', 'Closed'],
  openIncident: ['登记事件', 'New incident'],
  register: ['登记', 'Register'],
  title: ['标题', 'Title'],
  kind: ['类型', 'Kind'],
  place: ['地点', 'Place'],
  spot: ['坐标', 'Position'],
  spotHint: ['纬度, 经度，可不填', 'Latitude, longitude; may be left out'],
  severity: ['严重程度', 'Severity'],
  description: ['描述', 'Description'],
  units: ['涉及单位', 'Units'],
  exercise: ['演练', 'Exercise'],
  isExercise: ['这是演练', 'This is an exercise'],
  noneOpen: ['没有处置中的事件', 'No incident is open'],
  noneClosed: ['没有已结的事件', 'No incident was closed'],
  choose: ['从左侧选一个事件', 'Choose an incident on the left'],
  detail: ['事件详情', 'Incident'],
  properties: ['属性', 'Properties'],
  ledger: ['签收记录', 'Ledger'],
  noOrders: ['还没有下达指令', 'No order was given yet'],
  recipient: ['接收人', 'Recipient'],
  recipients: ['接收人', 'Recipients'],
  dispatch: ['下达指令', 'Give an order'],
  send: ['下达', 'Dispatch'],
  text: ['内容', 'What to do'],
  escalation: ['升级人员', 'Asked next'],
  escalationHint: ['无人签收时依次询问，可不填', 'Asked in turn if nobody accepts'],
  priority: ['等级', 'Priority'],
  within: ['签收时限（秒）', 'Seconds to accept'],
  withinHint: ['不填按配置', 'As configured if empty'],
  cancelOrder: ['撤销指令', 'Withdraw'],
  reassign: ['改派', 'Reassign'],
  reassignTo: ['改派至', 'To whom'],
  reason: ['原因', 'Reason'],
  note: ['记事', 'Note'],
  writeNote: ['写一条记事', 'Write a note'],
  update: ['更新', 'Update'],
  addUnits: ['增加单位', 'Add units'],
  add: ['增加', 'Add'],
  close: ['办结', 'Close'],
  closeIncident: ['办结事件', 'Close the incident'],
  outcome: ['处置结果', 'Outcome'],
  reopen: ['重启', 'Reopen'],
  reopenIncident: ['重启事件', 'Reopen the incident'],
  timeline: ['时间线', 'Timeline'],
  appendOnly: ['只增不改', 'Append only'],
  acknowledge: ['确认', 'Take it'],
  alarms: ['告警', 'Alarms'],
  more: ['展开', 'Show'],
  less: ['收起', 'Hide'],
  map: ['位置', 'Where'],
  noSpot: ['未标注位置，距离未知', 'No position: distances are unknown'],
  hub: ['系统', 'Hub'],
  required: ['请填写', 'Required'],
  badSpot: ['坐标无效：请写 纬度, 经度', 'No position: write latitude, longitude'],
  chooseUnit: ['请选择单位', 'Choose a unit'],
  chooseRecipient: ['请选择接收人', 'Choose a recipient'],
  wholeSeconds: ['请写整数秒', 'Write whole seconds'],
  saved: ['已保存草稿', 'Draft kept'],
  retrying: [
    '未连上中枢，正在重发；不会重复执行',
    'Not reached; sending again. It is done once only',
  ],
  uncertain: [
    '没有收到回执。再按一次仍是同一次操作，不会重复执行',
    'No answer came. Pressing again repeats the same act: it is done once only',
  ],
});
