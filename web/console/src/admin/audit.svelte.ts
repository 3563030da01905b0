import {
  AuditPage,
  AuditState,
  type AuditPageQuery,
  type AuditStateQuery,
} from '$shared/gql/generated';
import { HubError } from '$shared/hub/errors';
import { ask } from '../hub';

export type Entry = AuditPageQuery['auditEntries']['nodes'][number];

/** What of the log is looked for, moments as RFC 3339; empty text is anything. */
export interface Wanted {
  actor: string;
  action: string;
  target: string;
  since: string;
  until: string;
}

/** The rows that were looked for, newest first, and whether the log is sealed. */
export class Log {
  rows = $state.raw<readonly Entry[]>([]);
  more = $state<string | null>(null);
  ready = $state(false);
  pending = $state(false);
  error = $state<HubError | null>(null);
  state = $state.raw<AuditStateQuery['auditState'] | null>(null);
  #turn = 0;

  /** Look anew. */
  async look(wanted: Wanted): Promise<void> {
    await this.#page(wanted, null);
    try {
      this.state = (await ask(AuditState, {})).auditState;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.error ??= error;
    }
  }

  /** The page behind what is shown. */
  async next(wanted: Wanted): Promise<void> {
    await this.#page(wanted, this.more);
  }

  async #page(wanted: Wanted, after: string | null): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    this.pending = true;
    try {
      const { auditEntries } = await ask(AuditPage, {
        actor: wanted.actor.trim() || null,
        action: wanted.action.trim() || null,
        target: wanted.target.trim() || null,
        since: wanted.since || null,
        until: wanted.until || null,
        after,
      });
      if (turn !== this.#turn) return;
      this.rows = after === null ? auditEntries.nodes : [...this.rows, ...auditEntries.nodes];
      this.more = auditEntries.pageInfo.hasNextPage ? auditEntries.pageInfo.endCursor : null;
      this.ready = true;
      this.error = null;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      if (turn === this.#turn) this.error = error;
    } finally {
      if (turn === this.#turn) this.pending = false;
    }
  }
}
