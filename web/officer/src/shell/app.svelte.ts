import { getContext, setContext } from 'svelte';
import type { Mine } from '../mine.svelte';

const KEY = Symbol('mine');

/** Give what this phone holds of the account to all that is shown below. */
export function provide(mine: () => Mine): void {
  setContext(KEY, mine);
}

/** What this phone holds of the account that is signed in. */
export function mine(): Mine {
  return getContext<() => Mine>(KEY)();
}
