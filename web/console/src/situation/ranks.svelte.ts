import { SvelteMap } from 'svelte/reactivity';
import { seen, type Seen } from './trend';

/** What was seen of each rank since the console was opened: it outlives a look at another page. */
export const trends = new SvelteMap<string, readonly Seen[]>();

/** Note what a rank holds now. */
export function note(id: string, at: number, value: number | null): void {
  const held = trends.get(id) ?? [];
  const next = seen(held, at, value);
  if (next !== held) trends.set(id, next);
}
