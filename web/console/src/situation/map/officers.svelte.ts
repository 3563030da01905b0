import { SituationOfficers, type SituationOfficersQuery } from '$shared/gql/generated';
import { clock } from '$shared/hub/clock.svelte';
import { HubError } from '$shared/hub/errors';
import { natural } from '$shared/natural';
import { ask } from '../../hub';

export type Officer = SituationOfficersQuery['officers']['nodes'][number];
/** How well it is known where somebody on duty is. */
export type Standing = 'here' | 'stale' | 'ghost';

/** Milliseconds between two looks: each look at somebody is on the audit log, once a minute. */
const EVERY = 15_000;
/** A position so old is no longer where somebody is; one much older is silence. */
const STALE = 2 * 60_000;
const SILENT = 10 * 60_000;
const MOST_PAGES = 5;

/** How well it is known where an officer is, now. */
export function standing(officer: Pick<Officer, 'lastPosition'>, now: number): Standing {
  const at = officer.lastPosition?.at;
  if (!at) return 'ghost';
  const old = now - Date.parse(at);
  return old > SILENT ? 'ghost' : old > STALE ? 'stale' : 'here';
}

/** The number in a name, for a small sign: 队员 07 is 07; else its last two letters. */
export function short(name: string): string {
  return name.match(/\d+/)?.[0] ?? name.slice(-2);
}

/** Who is on duty, and where: asked again and again while somebody looks at the page. */
export class Officers {
  on = $state.raw<readonly Officer[]>([]);
  /** When that was asked. */
  asOf = $state<number | null>(null);
  error = $state<HubError | null>(null);

  /** Ask from now on, until the answer is called. */
  follow(): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    const round = async () => {
      if (!document.hidden) await this.#look();
      if (!ended) timer = setTimeout(round, EVERY);
    };
    void round();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }

  async #look(): Promise<void> {
    try {
      const found: Officer[] = [];
      let after: string | null = null;
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const { officers }: SituationOfficersQuery = await ask(SituationOfficers, { after });
        found.push(...officers.nodes);
        if (!officers.pageInfo.hasNextPage) break;
        after = officers.pageInfo.endCursor;
      }
      this.on = found.sort((a, b) => natural(a.name ?? a.id, b.name ?? b.id));
      this.asOf = clock.read();
      this.error = null;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.error = error;
    }
  }
}
