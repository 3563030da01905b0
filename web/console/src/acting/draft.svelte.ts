import { session } from '../hub';

/** A draft that nobody has come back to for so long is dropped. */
const KEPT_MS = 24 * 3600 * 1000;

const PLACE = 'liandong.draft.';

/** How many drafts of who is signed in are kept on this machine. */
export function drafts(): number {
  const mine = `${PLACE}${session.me?.account}.`;
  return Object.keys(localStorage).filter((name) => name.startsWith(mine)).length;
}

/**
 * What somebody has written and not sent: kept on this machine for who is signed in, through a reload.
 *
 * Call it while a component is made; it is written whenever it changes.
 */
export function draft<T extends object>(name: string, empty: () => T) {
  const place = `${PLACE}${session.me?.account}.${name}`;
  const kept = read<T>(place);
  let is = $state({ ...empty(), ...kept });
  $effect(() => {
    const text = JSON.stringify(is);
    if (text === JSON.stringify(empty())) localStorage.removeItem(place);
    else localStorage.setItem(place, JSON.stringify({ at: Date.now(), is }));
  });
  return {
    get is(): T {
      return is;
    },
    /** It was sent: nothing is left of it. */
    clear(): void {
      is = empty();
    },
  };
}

function read<T>(place: string): Partial<T> {
  try {
    const { at, is } = JSON.parse(localStorage.getItem(place) ?? '{}') as { at?: number; is?: T };
    return at !== undefined && is && Date.now() - at < KEPT_MS ? is : {};
  } catch {
    return {};
  }
}
