import { BulletinReaders, type BulletinReadersQuery, type Stage } from '$shared/gql/generated';
import { HubError } from '$shared/hub/errors';
import { natural } from '$shared/natural';
import { ask } from '../hub';

export type Reader = BulletinReadersQuery['bulletinRecipients']['nodes'][number];
export type Reading = 'read' | 'unread';

const STAGES: Record<Reading, Stage[]> = {
  read: ['SEEN'],
  unread: ['QUEUED', 'SENT', 'RECEIVED', 'CANCELLED'],
};

/** Who has, or has not, read a bulletin: as many pages of it as were asked for. */
export class Readers {
  rows = $state.raw<readonly Reader[]>([]);
  more = $state(false);
  ready = $state(false);
  error = $state<HubError | null>(null);
  #pages = 1;
  #turn = 0;

  /** Ask again, for as much as is shown; nothing blanks meanwhile. */
  async load(bulletin: string, reading: Reading): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    const found: Reader[] = [];
    let after: string | null = null;
    try {
      for (let page = 0; page < this.#pages; page += 1) {
        const answer: BulletinReadersQuery = await ask(BulletinReaders, {
          bulletin,
          stages: STAGES[reading],
          after,
        });
        const told = answer.bulletinRecipients;
        found.push(...told.nodes);
        after = told.pageInfo.hasNextPage ? told.pageInfo.endCursor : null;
        if (after === null) break;
      }
      if (turn !== this.#turn) return;
      this.rows = found.sort((a, b) => natural(nameOf(a), nameOf(b)));
      this.more = after !== null;
      this.ready = true;
      this.error = null;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      if (turn === this.#turn) this.error = error;
    }
  }

  /** Show a page more. */
  async next(bulletin: string, reading: Reading): Promise<void> {
    this.#pages += 1;
    await this.load(bulletin, reading);
  }
}

function nameOf({ officer }: Reader): string {
  return `${officer?.unit?.code ?? ''} ${officer?.zh ?? officer?.login ?? ''}`;
}

/** When somebody came to the stage they are at. */
export function reachedAt({ stage, entries }: Reader): string | null {
  return entries.findLast((one) => one.stage === stage)?.at ?? null;
}
