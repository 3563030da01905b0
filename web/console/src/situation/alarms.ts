import type {
  AlarmsToActSubscription,
  AlarmsToActSubscriptionVariables,
  AlarmShownFragment,
} from '$shared/gql/generated';
import type { Operation } from '$shared/gql/operation';
import { LEVELS } from '$shared/ui/Level.svelte';
import { LEVEL_OF_ALARM } from '../vocabulary';

type AtDesk = NonNullable<AlarmsToActSubscription['alarms']['node']>;
/** An alarm as a pane shows it; on a wall, and of a moment that has passed, nobody says which bulletin. */
export type Alarm = AlarmShownFragment & Partial<Pick<AtDesk, 'bulletin'>>;
/** A live query of alarms: each face asks for no more than it may read. */
export type Alarms = Operation<
  { alarms: { node: Alarm | null } },
  AlarmsToActSubscriptionVariables
>;

/** Alarms of one cause at one place and of one state; the first of them was raised first. */
export interface Fold {
  key: string;
  alarms: readonly [Alarm, ...Alarm[]];
}

/** More than so many that nobody has acknowledged in ten minutes are a flood; it ends below the other. */
export const FLOOD = { begins: 10, ends: 5 } as const;

/** How many were raised in the last ten minutes, but for those that are put aside. */
export function raisedLately(alarms: Iterable<Alarm>, now: number): number {
  let count = 0;
  for (const { raisedAt, state } of alarms)
    if (state !== 'SHELVED' && now - Date.parse(raisedAt) < 600_000) count += 1;
  return count;
}

/** Whether it is a flood now, given whether it was one. */
export function flooded(before: boolean, lately: number): boolean {
  return before ? lately >= FLOOD.ends : lately > FLOOD.begins;
}

/**
 * What is shown, ACTIVE first, SHELVED last, then the worst, then the oldest; none is left out. In a flood those of one
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

/** What calls before what does not, and that before what is put aside. */
const CALLING: readonly Alarm['state'][] = ['ACTIVE', 'ACKNOWLEDGED', 'SHELVED', 'CLEARED'];

function weight(alarm: Alarm): number {
  return CALLING.indexOf(alarm.state) * 100 + LEVELS.indexOf(LEVEL_OF_ALARM[alarm.level]);
}
