import { roundOf } from '../orders/steps';
import type { Database, Held, Order } from '../store/database';

/** A page of changes, as `/mobile/v1/sync` gives it. */
export interface Page {
  changes: { entity: string; op: 'upsert' | 'remove'; data: { id: string } }[];
  nextCursor: string;
  limited: boolean;
  reset: boolean;
}

type Get = (account: string, since: string | null) => Promise<Page>;

/**
 * What the hub has for an account, as this phone holds it.
 *
 * A page and its cursor are stored together or not at all. What the phone has no room for is held in
 * this tab, so that an order is seen all the same.
 */
export class Sync {
  /** Changes this phone had no room for, the newest of each thing; a removed one without data. */
  unsaved: ReadonlyMap<string, Held> = new Map();
  /** Told of a change of `unsaved`. */
  onunsaved: () => void = () => undefined;
  readonly #db: Database;
  readonly #get: Get;
  #cursor: { account: string; cursor: string } | null = null;

  constructor(db: Database, get: Get) {
    this.#db = db;
    this.#get = get;
  }

  /**
   * Fetch what has changed, and answer the orders that were not here before, and those that were taken
   * back. Raises HubError.
   */
  async pull(account: string): Promise<Order[]> {
    const fresh: Order[] = [];
    for (;;) {
      const since = await this.since(account);
      const page = await this.#get(account, since);
      const known = await this.#orders(account);
      if (!(await this.#take(account, since, page))) continue;
      for (const { entity, op, data } of page.changes)
        if (entity === 'order' && op === 'upsert' && isNews(data as Order, known.get(data.id)))
          fresh.push(data as Order);
      if (!page.limited) return fresh;
    }
  }

  /** The cursor behind what is held here; null before the first time. */
  async since(account: string): Promise<string | null> {
    if (this.#cursor?.account === account) return this.#cursor.cursor;
    return (await this.#db.cursors.get(account))?.cursor ?? null;
  }

  /** Store a page; false where another tab was quicker, and it must be asked for anew. */
  async #take(account: string, since: string | null, page: Page): Promise<boolean> {
    const { things, cursors } = this.#db;
    try {
      const taken = await this.#db.transaction('rw', things, cursors, async () => {
        const stored = (await cursors.get(account))?.cursor ?? null;
        if (this.#cursor === null && stored !== since) return false;
        if (page.reset) await things.where('account').equals(account).delete();
        for (const held of this.unsaved.values()) {
          if (held.account !== account || page.reset) continue;
          await (held.data === null ? things.delete(keyOf(held)) : things.put(held));
        }
        for (const { entity, op, data } of page.changes)
          await (op === 'remove'
            ? things.delete([account, entity, data.id])
            : things.put({ account, entity, id: data.id, data }));
        await cursors.put({ account, cursor: page.nextCursor });
        return true;
      });
      if (taken && this.#cursor !== null) this.#hold(null, new Map());
      return taken;
    } catch {
      this.#remember(account, page);
      return true;
    }
  }

  #remember(account: string, page: Page): void {
    const held = new Map(this.unsaved);
    for (const { entity, op, data } of page.changes) {
      const row = { account, entity, id: data.id, data: op === 'remove' ? null : data };
      held.set(keyOf(row).join(' '), row);
    }
    this.#hold({ account, cursor: page.nextCursor }, held);
  }

  #hold(cursor: { account: string; cursor: string } | null, unsaved: Map<string, Held>): void {
    this.#cursor = cursor;
    this.unsaved = unsaved;
    this.onunsaved();
  }

  async #orders(account: string): Promise<Map<string, Order>> {
    const rows = await this.#db.things.where('account').equals(account).toArray();
    const all = [...rows, ...this.unsaved.values()].filter((row) => row.account === account);
    const orders = all.filter(({ entity, data }) => entity === 'order' && data !== null);
    return new Map(orders.map(({ id, data }) => [id, data as Order]));
  }
}

function isNews(order: Order, before: Order | undefined): boolean {
  const back = order.stage === 'CANCELLED';
  if (before !== undefined && roundOf(order) > roundOf(before)) return true;
  return before === undefined ? !back : back && before.stage !== 'CANCELLED';
}

function keyOf({ account, entity, id }: Held): [string, string, string] {
  return [account, entity, id];
}
