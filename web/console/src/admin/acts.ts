import { say, type Pair } from '$shared/words.svelte';

/** What people and the hub do, by the audit log's word for it (docs/audit.md). */
export const ACTS: Record<string, Pair> = {
  'duty.signIn': ['勤务签到', 'Signed in to duty'],
  'duty.signOut': ['勤务签退', 'Signed out of duty'],
  'wake.confirmed': ['手机确认被唤醒', 'Phone confirmed a wake-up'],
  'incident.report': ['上报事件', 'Reported an incident'],
  'incident.opened': ['登记事件', 'Opened an incident'],
  'incident.updated': ['更新事件', 'Changed an incident'],
  'incident.noted': ['事件记事', 'Wrote a note'],
  'incident.unitsAdded': ['增加单位', 'Added units'],
  'incident.closed': ['办结事件', 'Closed an incident'],
  'incident.reopened': ['重启事件', 'Reopened an incident'],
  'order.received': ['指令送达手机', 'Order reached the phone'],
  'order.seen': ['已读指令', 'Read an order'],
  'order.accepted': ['签收指令', 'Accepted an order'],
  'order.declined': ['答复不能执行', 'Declined an order'],
  'order.enRoute': ['出发', 'Set off'],
  'order.arrived': ['到场', 'Arrived on scene'],
  'order.done': ['完成指令', 'Carried out an order'],
  'order.dispatched': ['下达指令', 'Gave an order'],
  'order.reassigned': ['改派指令', 'Reassigned an order'],
  'order.cancelled': ['撤销指令', 'Withdrew an order'],
  'bulletin.received': ['通报送达手机', 'Bulletin reached the phone'],
  'bulletin.read': ['已阅通报', 'Read a bulletin'],
  'bulletin.published': ['发布通报', 'Published a bulletin'],
  'bulletin.withdrawn': ['撤回通报', 'Withdrew a bulletin'],
  'alarm.acknowledged': ['确认告警', 'Acknowledged an alarm'],
  'account.added': ['新建账号', 'Made an account'],
  'account.changed': ['修改账号', 'Changed an account'],
  'account.secretReset': ['重置密码', 'Reset a password'],
  'account.signedOut': ['强制下线', 'Signed an account out everywhere'],
  'session.opened': ['登录', 'Signed in'],
  'session.denied': ['登录被拒', 'Sign-in refused'],
  'session.revoked': ['结束会话', 'Ended a session'],
  'sessions.revoked': ['结束全部会话', 'Ended all sessions'],
  'client.token': ['应用取得令牌', 'Application took a token'],
  'client.rotated': ['更换应用密钥', "Rotated an application's secret"],
  'client.revoked': ['吊销应用', 'Revoked an application'],
  'token.issued': ['签发令牌', 'Issued a token'],
  'push.registered': ['登记推送地址', 'Registered for push'],
  'device.tested': ['测试唤醒', 'Tested a wake-up'],
  'attachment.received': ['收到照片', 'Received a photograph'],
  'attachment.refused': ['拒收照片', 'Refused a photograph'],
  'attachment.expired': ['清除无主照片', 'Removed a photograph of no report'],
  'officer.located': ['查看人员位置', 'Looked where somebody is'],
  'idMapping.proposed': ['提出站点对应', 'Proposed a stop match'],
  'idMapping.confirmed': ['确认站点对应', 'Confirmed a stop match'],
  'idMapping.rejected': ['否决站点对应', 'Rejected a stop match'],
  'audit.headSigned': ['重签审计链末', 'Signed the end of the log anew'],
};

/** It in the language that is spoken; a word of a newer hub as it is. */
export function actName(action: string): string {
  const pair = ACTS[action];
  return pair ? say(pair) : action;
}
