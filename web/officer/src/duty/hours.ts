import type { Duty } from '../store/database';
import type { Spell } from '../sync/sync';

/** Milliseconds on duty since `midnight`: times that have ended, and the present one. */
export function hoursToday(
  duty: Duty | null,
  spells: readonly Spell[],
  midnight: number,
  now: number,
): number {
  const all = spells.map(({ from, to }) => [Date.parse(from), Date.parse(to)] as const);
  if (duty?.on && duty.since) all.push([Date.parse(duty.since), now]);
  return all.reduce((sum, [from, to]) => sum + Math.max(0, to - Math.max(from, midnight)), 0);
}
