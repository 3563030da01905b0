import { getContext, setContext } from 'svelte';
import type { Operation } from '$shared/gql/operation';
import { clock } from '$shared/hub/clock.svelte';
import type { NodeOf, Rows } from '$shared/hub/live.svelte';
import { live } from './hub';
import type { Vehicle } from './situation/map/fleet.svelte';
import type { Officer } from './situation/map/officers.svelte';

/** What the map shows of a moment that has passed, beside what is followed. */
export interface PastMap {
  readonly vehicles: readonly Vehicle[];
  readonly officers: readonly Officer[];
}

/**
 * Where the panes have what they show, and what time it is for them: one for all of a page. The
 * present where nobody says otherwise; the history page gives them a moment that has passed.
 */
export interface Source {
  readonly clock: { readonly now: number };
  /** Whether anything may be done from here: nothing about a moment that has passed. */
  readonly acts: boolean;
  readonly past: PastMap | null;
  live<Data, Variables extends { after?: unknown }>(
    operation: Operation<Data, Variables>,
    variables: () => Omit<Variables, 'after'> | null,
  ): { readonly is: Rows<NodeOf<Data> & { id: string }> };
}

const KEY = Symbol('source');
export const PRESENT: Source = { clock, acts: true, past: null, live };

/** Of which the component shows something. Call it while a component is made. */
export function source(): Source {
  return getContext<Source | undefined>(KEY) ?? PRESENT;
}

/** Let all below this component show that. */
export function provide(given: Source): void {
  setContext(KEY, given);
}
