import type { WallPage, WallsWatchedSubscription } from '$shared/gql/generated';
import type { Pair } from '$shared/words.svelte';

export type Wall = NonNullable<WallsWatchedSubscription['walls']['node']>;

/** What a wall may show, in the order in which it is offered. */
export const PAGES: Record<WallPage, Pair> = {
  MAP_AND_BOARDS: ['地图 + 到发', 'Map + boards'],
  TAXIS_AND_PARKING: ['出租车 + 停车', 'Taxis + parking'],
  ALARMS_AND_ORDERS: ['预警 + 指令', 'Alarms + orders'],
};
export const EVERY = Object.keys(PAGES) as WallPage[];
/** Where what is red is shown. */
export const RED: WallPage = 'ALARMS_AND_ORDERS';

/** Milliseconds between two words of a wall that it lives, and after which it is taken for dead. */
export const BEAT = 15_000;
export const DEAD = 60_000;

/** Whether a wall has been silent too long; one that is new has its time to speak. */
export function silent(wall: Pick<Wall, 'heardAt' | 'approvedAt'>, now: number): boolean {
  return now - Date.parse(wall.heardAt ?? wall.approvedAt) > DEAD;
}

/** The page after this one; while something is red the page that shows it, if the wall has it. */
export function turned(pages: readonly WallPage[], at: WallPage, red: boolean): WallPage {
  if (red && pages.includes(RED)) return RED;
  return pages[(pages.indexOf(at) + 1) % pages.length] ?? at;
}

/** What a wall is told to show by what stands behind # in its address: `#pages=MAP_AND_BOARDS&seconds=10`. */
export function fromAddress(hash: string): { pages: WallPage[]; turnSeconds: number } | null {
  const said = new URLSearchParams(hash.replace(/^#/, ''));
  const named = (said.get('pages') ?? '').split(',');
  const pages = EVERY.filter((page) => named.includes(page)).sort(
    (a, b) => named.indexOf(a) - named.indexOf(b),
  );
  if (pages.length === 0) return null;
  const seconds = Number(said.get('seconds'));
  return { pages, turnSeconds: seconds >= 5 && seconds <= 600 ? seconds : 20 };
}
