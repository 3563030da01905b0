import { say, type Pair } from '$shared/words.svelte';
import type { Item } from '../store/database';

const KINDS: Record<string, Pair> = {
  'order.received': ['送达', 'received'],
  'order.seen': ['已读', 'seen'],
  'order.accepted': ['签收', 'accepted'],
  'order.declined': ['不能执行', 'declined'],
  'order.enRoute': ['出发', 'set off'],
  'order.arrived': ['到场', 'arrived'],
  'order.done': ['完成', 'done'],
  'bulletin.received': ['送达', 'received'],
  'bulletin.read': ['已阅', 'read'],
  'duty.signIn': ['签到', 'On duty'],
  'duty.signOut': ['签退', 'Off duty'],
  'incident.report': ['上报', 'Report'],
};

/** What a thing is called: `指令 0213-014：到场`, `上报：围栏被挤开`. */
export function nameOf({ kind, about }: Item): string {
  const said = say(KINDS[kind] ?? [kind, kind]);
  if (kind.startsWith('order.')) return say([`指令 ${about}：${said}`, `Order ${about}: ${said}`]);
  if (kind.startsWith('bulletin.'))
    return say([`通报 ${about}：${said}`, `Bulletin ${about}: ${said}`]);
  return about ? say([`${said}：${about}`, `${said}: ${about}`]) : said;
}
