import { DutyCounts, type DutyCountsQuery } from '$shared/gql/generated';
import { HubError } from '$shared/hub/errors';
import { ask } from '../hub';

export type Count = DutyCountsQuery['dutyCounts'][number];

const EVERY_MS = 10_000;

export class Counts {
  rows = $state.raw<readonly Count[]>([]);
  ready = $state(false);
  error = $state<HubError | null>(null);

  load = async (): Promise<void> => {
    try {
      this.rows = (await ask(DutyCounts, {})).dutyCounts;
      this.ready = true;
      this.error = null;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.error = error;
    }
  };
}

/**
 * How many officers each unit has: asked anew when `changes` is another, and now and then. Call it
 * while a component is made.
 */
export function counts(changes: () => unknown): Counts {
  const held = new Counts();
  $effect(() => {
    changes();
    void held.load();
    const timer = setInterval(() => {
      if (!document.hidden) void held.load();
    }, EVERY_MS);
    return () => clearInterval(timer);
  });
  return held;
}
