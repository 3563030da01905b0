import type { FeedState } from '$shared/gql/generated';
import { SvelteMap } from 'svelte/reactivity';
import { clock } from '$shared/hub/clock.svelte';

/** A state that a feed was in, and since when. */
export interface Seen {
  readonly state: FeedState;
  readonly since: string;
}

const MOST = 20;

/** The list with this state at its end, if it is another than the last; of many the newest. */
export function followed(list: readonly Seen[], state: FeedState, since: string): readonly Seen[] {
  return list.at(-1)?.state === state ? list : [...list, { state, since }].slice(-MOST);
}

/**
 * What states feeds have been in since the page was opened. Call it while a component is made.
 *
 * The first is since when the hub says; of a later one only this page knows when it was seen.
 */
export function seen(
  rows: () => readonly { id: string; state: FeedState; changedAt: string | null }[],
) {
  const kept = new SvelteMap<string, readonly Seen[]>();
  $effect(() => {
    for (const { id, state, changedAt } of rows()) {
      const before = kept.get(id) ?? [];
      const since = changedAt ?? new Date(clock.read()).toISOString();
      const after = followed(before, state, since);
      if (after !== before) kept.set(id, after);
    }
  });
  return { of: (id: string) => kept.get(id) ?? [] };
}
