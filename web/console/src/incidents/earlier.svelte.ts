import {
  EarlierLines,
  type EarlierLinesQuery,
  type TimelineLineFragment,
} from '$shared/gql/generated';
import { HubError } from '$shared/hub/errors';
import { ask } from '../hub';
import { behind } from './behind';

/** Lines that an incident's own timeline lists; what is older comes in pages. */
export const LISTED = 500;

/** What stands before the lines an incident lists, newest first, a page more at a time. */
export class Earlier {
  rows = $state.raw<readonly TimelineLineFragment[]>([]);
  more = $state(true);
  pending = $state(false);
  error = $state<HubError | null>(null);
  #after: string | null = null;
  #listed: readonly TimelineLineFragment[] = [];

  /** A line that the incident lists no more, because newer ones came, stands here from now on. */
  follow(listed: readonly TimelineLineFragment[]): void {
    const [oldest] = listed;
    if (this.rows.length > 0 && oldest)
      this.rows = [...behind(this.#listed.toReversed(), oldest), ...this.rows];
    this.#listed = listed;
  }

  /** Read on until something is older than the oldest line that is listed. */
  async next(incident: string): Promise<void> {
    this.pending = true;
    this.error = null;
    try {
      for (let found = false; this.more && !found;) {
        const { incidentTimeline }: EarlierLinesQuery = await ask(EarlierLines, {
          incident,
          after: this.#after,
        });
        const { nodes, pageInfo } = incidentTimeline;
        // a newer line may have moved it on meanwhile
        const [oldest] = this.#listed;
        const older = this.rows.length > 0 || !oldest ? nodes : behind(nodes, oldest);
        this.rows = [...this.rows, ...older];
        this.#after = pageInfo.endCursor;
        this.more = pageInfo.hasNextPage;
        found = older.length > 0;
      }
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.error = error;
    } finally {
      this.pending = false;
    }
  }
}
