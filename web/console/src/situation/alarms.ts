import type { AlarmKind, SituationAlarmsSubscription } from '$shared/gql/generated';
import type { LevelName } from '$shared/ui/Level.svelte';
import type { Pair } from '$shared/words.svelte';

export type Alarm = NonNullable<SituationAlarmsSubscription['alarms']['node']>;

/** How much somebody must act: nobody on their way to people in need comes before a machine's clock. */
export const ALARM_LEVELS: Record<AlarmKind, LevelName> = {
  ORDER_UNANSWERED: 'act',
  ESCALATION_LATE: 'urgent',
  WAKE_UP_DEAD: 'caution',
  CLOCK_OFF: 'notice',
};

export const ALARM_KINDS: Record<AlarmKind, Pair> = {
  ORDER_UNANSWERED: ['指令无人签收', 'Order unanswered'],
  ESCALATION_LATE: ['升级延误', 'Escalation late'],
  WAKE_UP_DEAD: ['呼叫失败', 'Wake-up failed'],
  CLOCK_OFF: ['时钟偏差', 'Clock off'],
};

/** Alarms of one cause at one place and of one state; the first of them was raised first. */
export interface Fold {
  key: string;
  alarms: readonly [Alarm, ...Alarm[]];
}

/** More than so many that nobody has acknowledged in ten minutes are a flood; it ends below the other. */
export const FLOOD = { begins: 10, ends: 5 } as const;

/** How many were raised in the last ten minutes. */
export function raisedLately(alarms: Iterable<Alarm>, now: number): number {
  let count = 0;
  for (const { raisedAt } of alarms) if (now - Date.parse(raisedAt) < 600_000) count += 1;
  return count;
}

/** Whether it is a flood now, given whether it was one. */
export function flooded(before: boolean, lately: number): boolean {
  return before ? lately >= FLOOD.ends : lately > FLOOD.begins;
}

/**
 * What is shown, ACTIVE first, then the worst, then the oldest; none is left out. In a flood those of one
 * kind and place are one row.
 */
export function folds(alarms: Iterable<Alarm>, flood: boolean): Fold[] {
  const found = new Map<string, [Alarm, ...Alarm[]]>();
  const sorted = [...alarms].sort((a, b) => (a.raisedAt < b.raisedAt ? -1 : 1));
  for (const alarm of sorted) {
    const key = flood ? [alarm.state, alarm.kind, alarm.place].join('|') : alarm.id;
    const held = found.get(key);
    if (held) held.push(alarm);
    else found.set(key, [alarm]);
  }
  return [...found]
    .map(([key, group]) => ({ key, alarms: group }))
    .sort((a, b) => weight(a.alarms[0]) - weight(b.alarms[0]));
}

const ORDER: readonly LevelName[] = ['act', 'urgent', 'caution', 'notice', 'unknown', 'normal'];

function weight(alarm: Alarm): number {
  return (alarm.state === 'ACTIVE' ? 0 : 100) + ORDER.indexOf(ALARM_LEVELS[alarm.kind]);
}
