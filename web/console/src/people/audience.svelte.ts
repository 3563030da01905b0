import { OrderAudience, type OrderAudienceQuery } from '$shared/gql/generated';
import { HubError } from '$shared/hub/errors';
import { ask } from '../hub';
import { byUse, type Candidate } from './candidate';

type Spot = { lat: number; lon: number };

const EVERY_MS = 15_000;
const MOST_PAGES = 15;

class Audience {
  /** Who is on duty, in the order of their use. */
  people = $state.raw<Candidate[]>([]);
  ready = $state(false);
  error = $state<HubError | null>(null);

  async load(from: Spot | null): Promise<void> {
    const found: Candidate[] = [];
    let after: string | null = null;
    try {
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const { officers }: OrderAudienceQuery = await ask(OrderAudience, { from, after });
        found.push(...officers.nodes);
        after = officers.pageInfo.endCursor;
        if (!officers.pageInfo.hasNextPage) break;
      }
      this.people = found.sort(byUse);
      this.ready = true;
      this.error = null;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.error = error;
    }
  }
}

/**
 * Who could be given an order, asked anew now and then. Call it while a component is made; `from` is
 * where distances are from.
 */
export function audience(from: () => Spot | null): Audience {
  const held = new Audience();
  $effect(() => {
    const spot = from();
    void held.load(spot);
    const timer = setInterval(() => {
      if (!document.hidden) void held.load(spot);
    }, EVERY_MS);
    return () => clearInterval(timer);
  });
  return held;
}
