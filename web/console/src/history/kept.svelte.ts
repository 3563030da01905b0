import {
  HistoryRange,
  type HistoryRangeQuery,
  HistoryTicks,
  type HistoryTicksQuery,
} from '$shared/gql/generated';
import { HubError } from '$shared/hub/errors';
import { ask, may } from '../hub';

/** Milliseconds between two looks at what there is: it only grows, and loses its beginning. */
const EVERY = 20_000;

/** What is kept, and what happened in it: asked again and again while somebody looks at the page. */
export class Kept {
  range = $state.raw<HistoryRangeQuery['history'] | null>(null);
  alarms = $state.raw<HistoryTicksQuery['alarms']['nodes']>([]);
  incidents = $state.raw<HistoryTicksQuery['incidents']['nodes']>([]);
  error = $state<HubError | null>(null);

  /** Ask from now on, until the answer is called. */
  follow(): () => void {
    void this.look();
    const timer = setInterval(() => {
      if (!document.hidden) void this.look();
    }, EVERY);
    return () => clearInterval(timer);
  }

  async look(): Promise<void> {
    try {
      this.range = (await ask(HistoryRange, {})).history;
      if (may('alarms:read')) {
        const { alarms, incidents } = await ask(HistoryTicks, {});
        this.alarms = alarms.nodes;
        this.incidents = incidents.nodes;
      }
      this.error = null;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.error = error;
    }
  }
}
