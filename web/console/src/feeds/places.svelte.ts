import {
  DecidedMappings,
  UnmatchedPlaces,
  type DecidedMappingsQuery,
  type UnmatchedPlacesQuery,
} from '$shared/gql/generated';
import { HubError } from '$shared/hub/errors';
import { ask } from '../hub';

export type Unmatched = UnmatchedPlacesQuery['unmatchedStopPlaces']['nodes'][number];
export type Mapping = DecidedMappingsQuery['idMappings']['nodes'][number];

const MOST_PAGES = 20;

/** Stop places without a confirmed mapping, and what was decided: as they were when asked for. */
export class Places {
  unmatched = $state.raw<readonly Unmatched[]>([]);
  decided = $state.raw<readonly Mapping[]>([]);
  ready = $state(false);
  error = $state<HubError | null>(null);

  load = async (): Promise<void> => {
    try {
      const unmatched = await every(async (after) => {
        const page: UnmatchedPlacesQuery = await ask(UnmatchedPlaces, { after });
        return page.unmatchedStopPlaces;
      });
      const decided: Mapping[] = [];
      for (const state of ['CONFIRMED', 'REJECTED'] as const) {
        const found = await every(async (after) => {
          const page: DecidedMappingsQuery = await ask(DecidedMappings, { state, after });
          return page.idMappings;
        });
        decided.push(...found);
      }
      this.unmatched = unmatched;
      this.decided = decided.sort((a, b) => ((a.decidedAt ?? '') < (b.decidedAt ?? '') ? 1 : -1));
      this.ready = true;
      this.error = null;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.error = error;
    }
  };
}

interface Page<Row> {
  nodes: Row[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

async function every<Row>(page: (after: string | null) => Promise<Page<Row>>): Promise<Row[]> {
  const found: Row[] = [];
  let after: string | null = null;
  for (let at = 0; at < MOST_PAGES; at += 1) {
    const { nodes, pageInfo } = await page(after);
    found.push(...nodes);
    if (!pageInfo.hasNextPage) break;
    after = pageInfo.endCursor;
  }
  return found;
}
