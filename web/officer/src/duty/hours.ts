import type { Duty } from '../store/database';
import type { Stretch } from './standing.svelte';

/** Milliseconds on duty since `midnight`: stretches that have ended, and the present one. */
export function hoursToday(
  duty: Duty | null,
  stretches: readonly Stretch[],
  midnight: number,
  now: number,
): number {
  const all = stretches
    .filter(({ until }) => until !== null)
    .map(({ since, until }) => [Date.parse(since), Date.parse(until ?? '')] as const);
  if (duty?.on && duty.since) all.push([Date.parse(duty.since), now]);
  return all.reduce((sum, [from, to]) => sum + Math.max(0, to - Math.max(from, midnight)), 0);
}
