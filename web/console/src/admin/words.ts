import type { AccountRole, AuditFault, PushService } from '$shared/gql/generated';
import { say, words, type Pair } from '$shared/words.svelte';

export const ROLES: Record<AccountRole, Pair> = {
  OFFICER: ['队员', 'Officer'],
  LIAISON: ['联络员', 'Liaison'],
  WATCH: ['值班员', 'Watch officer'],
  COMMANDER: ['指挥长', 'Commander'],
  ADMIN: ['管理员', 'Administrator'],
  PARTNER: ['合作单位应用', 'Partner application'],
  WALL: ['大屏', 'Wall'],
};
export const PEOPLE: readonly AccountRole[] = ['OFFICER', 'LIAISON', 'WATCH', 'COMMANDER', 'ADMIN'];
/** Roles that belong to a unit. */
export const OF_UNITS: readonly AccountRole[] = ['OFFICER', 'LIAISON', 'PARTNER'];

export const PUSH: Record<PushService, Pair> = {
  FCM: ['FCM', 'FCM'],
  JPUSH: ['极光', 'JPush'],
  WEBPUSH: ['Web Push', 'Web Push'],
  OTHER: ['其他', 'Other'],
};

export const FAULTS: Record<AuditFault, Pair> = {
  ALTERED: ['有行被改', 'A row was altered'],
  DROPPED: ['有行缺失', 'Rows are missing'],
  REORDERED: ['有行错位', 'A row was moved'],
  FOREIGN: ['有行非本机封存', 'A row was not sealed by this hub'],
  HEAD_MISSING: ['链末缺失', 'The signed end is gone'],
  HEAD_FORGED: ['链末签名不是本机所签', 'The end is not signed by this hub'],
  HEAD_DIFFERS: ['与已签链末不符', 'Not what was signed'],
  KEPT_DIFFERS: ['与另存的链末不符', 'Not the end that was kept'],
  UNSEALED: ['有行久未封存', 'Rows wait long to be sealed'],
};

/** What the audit log begins an action with, and what that is about. */
export const SUBJECTS: readonly (readonly [begins: string, words: Pair])[] = [
  ['session.', ['登录与会话', 'Sign-in, sessions']],
  ['account.', ['账号', 'Accounts']],
  ['client.', ['合作单位应用', 'Partner applications']],
  ['incident.', ['事件', 'Incidents']],
  ['order.', ['指令', 'Orders']],
  ['bulletin.', ['通报', 'Bulletins']],
  ['wall.', ['大屏', 'Walls']],
  ['duty.', ['勤务', 'Duty']],
  ['alarm.', ['告警', 'Alarms']],
  ['idMapping.', ['站点对应', 'Stop matching']],
  ['push.', ['推送', 'Push']],
];

/** Whose act it is, where that is no account. */
const NOBODIES: Record<string, Pair> = {
  hub: ['中枢', 'The hub'],
  'server shell': ['服务器命令行', 'Server shell'],
};
export const actorName = (actor: string): string => {
  const pair = NOBODIES[actor];
  return pair ? say(pair) : actor;
};

/** On whose authority something was done. */
export function authorityName(word: string): string {
  const role = ROLES[word as AccountRole] as Pair | undefined;
  return role ? say(role) : actorName(word) || '—';
}

const FIELDS: Record<string, Pair> = {
  acknowledged_by: ['确认人', 'Acknowledged by'],
  active: ['启用', 'Active'],
  address: ['网络地址', 'Address'],
  answer: ['答复', 'Answer'],
  channel: ['通道', 'Channel'],
  code: ['原因代码', 'Code'],
  condition: ['告警条件', 'Condition'],
  description: ['描述', 'Description'],
  exercise: ['演练', 'Exercise'],
  kind: ['类型', 'Kind'],
  location: ['位置', 'Position'],
  login: ['登录名', 'Login'],
  name: ['姓名', 'Name'],
  note: ['记事', 'Note'],
  number: ['编号', 'Number'],
  officer: ['人员', 'Person'],
  on: ['在岗', 'On duty'],
  outcome: ['处置结果', 'Outcome'],
  place: ['地点', 'Place'],
  post: ['岗位', 'Post'],
  readers: ['接收人数', 'Readers'],
  reason: ['原因', 'Reason'],
  recipients: ['接收人', 'Recipients'],
  role: ['角色', 'Role'],
  severity: ['严重程度', 'Severity'],
  shelved_until: ['搁置至', 'Shelved until'],
  since: ['自', 'Since'],
  stage: ['阶段', 'Stage'],
  state: ['状态', 'State'],
  title: ['标题', 'Title'],
  unit: ['单位', 'Unit'],
  units: ['单位', 'Units'],
  why: ['原因', 'Why'],
};

/** What a field of the log is called; one that has no word here as it is. */
export function fieldName(name: string): string {
  const pair = FIELDS[name];
  return pair ? say(pair) : name;
}

export const w = words({
  admin: ['管理', 'Admin'],
  accounts: ['账号', 'Accounts'],
  partners: ['合作单位应用', 'Partner applications'],
  sessions: ['会话与设备', 'Sessions and devices'],
  audit: ['审计日志', 'Audit log'],
  account: ['账号详情', 'Account'],
  login: ['登录名', 'Login'],
  client: ['应用标识', 'client_id'],
  nameZh: ['中文姓名', 'Name in Chinese'],
  nameEn: ['英文姓名', 'Name in English'],
  name: ['姓名', 'Name'],
  role: ['角色', 'Role'],
  unit: ['所属单位', 'Unit'],
  state: ['状态', 'State'],
  active: ['启用', 'Active'],
  off: ['已停用', 'Off'],
  revoked: ['已吊销', 'Revoked'],
  demo: ['演示', 'Demo'],
  created: ['建立', 'Made'],
  add: ['新建账号', 'New account'],
  addPartner: ['新建应用', 'New application'],
  create: ['建立', 'Create'],
  edit: ['修改', 'Change'],
  save: ['保存修改', 'Save changes'],
  reset: ['重置密码', 'Reset password'],
  rotate: ['更换密钥', 'Rotate secret'],
  grace: ['旧密钥宽限（小时）', 'Old secret works on for (hours)'],
  graceBad: ['须为 0 至 720', 'Expected 0 to 720'],
  former: ['旧密钥有效至', 'Old secret good until'],
  deactivate: ['停用', 'Deactivate'],
  activate: ['启用', 'Activate'],
  revoke: ['吊销', 'Revoke'],
  signOut: ['强制下线', 'Sign out everywhere'],
  end: ['结束会话', 'End session'],
  mine: ['本会话', 'This session'],
  choose: ['选择一个账号', 'Choose an account'],
  gone: ['没有这个账号', 'There is no such account'],
  none: ['没有符合条件的账号', 'No account matches'],
  noSessions: ['没有会话', 'Nobody is signed in'],
  search: ['查找', 'Find'],
  allRoles: ['全部角色', 'All roles'],
  allUnits: ['全部单位', 'All units'],
  noUnit: ['（无）', '(none)'],
  first: [
    '只列出最新 200 个，其余请查找',
    'Only the newest 200 are listed: find the others by name',
  ],
  chooseUnit: ['该角色须指定单位', 'This role belongs to a unit'],
  device: ['设备', 'Device'],
  console: ['浏览器或程序', 'Browser or program'],
  since: ['登录时间', 'Signed in'],
  until: ['到期', 'Ends unused'],
  heard: ['最近联系', 'Last heard'],
  push: ['推送', 'Push'],
  noPush: ['不可唤醒', 'Not woken'],
  secret: ['新密码', 'New password'],
  clientSecret: ['client_secret', 'client_secret'],
  once: ['只显示这一次', 'Shown only now'],
  copy: ['复制', 'Copy'],
  copied: ['已复制', 'Copied'],
  lostSecret: [
    '这次请求先前已办成，密码当时已给出，不再显示。请再重置一次。',
    'This was done before and its secret was told then. Reset it once more.',
  ],
  noted: ['我已记下', 'I have noted it'],
  at: ['时间', 'Time'],
  actor: ['操作者', 'Who'],
  action: ['操作', 'What'],
  target: ['对象', 'Target'],
  authority: ['依据', 'Authority'],
  seq: ['序号', 'No.'],
  from: ['从', 'From'],
  to: ['到', 'Until'],
  apply: ['查询', 'Search'],
  clear: ['清除', 'Clear'],
  refresh: ['刷新', 'Refresh'],
  anything: ['全部操作', 'Anything'],
  noRows: ['没有符合条件的记录', 'No row matches'],
  more: ['更多', 'More'],
  field: ['字段', 'Field'],
  before: ['之前', 'Before'],
  after: ['之后', 'After'],
  other: ['其他', 'Else'],
  entry: ['审计记录', 'Row'],
  chooseRow: ['选择一行，查看之前与之后', 'Choose a row to see before and after'],
  unsealed: ['待封存', 'Not sealed yet'],
  whole: ['封存正常', 'Sealed'],
  broken: ['审计日志异常', 'The audit log has faults'],
});
