import { HubError } from '$shared/hub/errors';
import { isFull, type Database, type Item, type Why } from '../store/database';

/** What an officer did, before it is a thing of the outbox. */
export interface Act {
  /** Made by whoever asks for it where a second time would mean the same; else made here. */
  id?: string;
  kind: string;
  body: Record<string, unknown>;
  about: string;
  auto?: boolean;
}

/** What the hub answers to actions. */
export interface Reply {
  results: {
    id: string | null;
    status: 'applied' | 'duplicate' | 'rejected' | 'conflict';
    code: string | null;
    message: string | null;
  }[];
}

interface Action {
  id: string;
  kind: string;
  at: string;
  body: Record<string, unknown>;
}

type Send = (account: string, actions: Action[]) => Promise<Reply>;

interface Surroundings {
  /** The hub's time in milliseconds. */
  now(): number;
  /** Do the work unless another tab is at it. */
  oneTab(work: () => Promise<void>): Promise<void>;
}

/** Codes of what may be gone a moment later: the thing stays and is sent again. */
const PASSING = new Set([
  'OFFLINE',
  'UNAUTHENTICATED',
  'ANOTHER',
  'RATE_LIMITED',
  'RETRY_LATER',
  'DEADLINE_EXCEEDED',
  'INTERNAL',
  'SHUTTING_DOWN',
  'TOO_SLOW',
  'HTTP_408',
  'HTTP_500',
  'HTTP_503',
]);
/** Codes of what no other thing would fare better with. */
const FOR_ALL = new Set(['OFFLINE', 'UNAUTHENTICATED', 'ANOTHER', 'RATE_LIMITED']);
const AT_ONCE = 50;
/** Calls in a row that may fail by themselves before the hub is left alone for a while. */
const PATIENCE = 5;
/** How long a receipt is shown. */
const KEPT = 3 * 24 * 3_600_000;

/**
 * Everything that officers of this phone did, on its way to the hub.
 *
 * A thing stays until its receipt is stored. It is sent under the id it was made with, so that sending
 * it again, after whatever happened, does it once. Only things of the account that is asked for go.
 */
export class Outbox {
  /** Things the phone had no room for: in this tab alone until they are with the hub. */
  unsaved: readonly Item[] = [];
  /** Told of a change of `unsaved`. */
  onunsaved: () => void = () => undefined;
  readonly #db: Database;
  readonly #send: Send;
  readonly #around: Surroundings;
  #asked = false;
  #running: Promise<void> | null = null;

  constructor(db: Database, send: Send, around: Surroundings) {
    this.#db = db;
    this.#send = send;
    this.#around = around;
  }

  /**
   * Take what an officer did. A thing that is here already under this id is not taken twice; one that
   * was refused goes again. `beside` is written together with it or not at all.
   */
  async add(account: string, act: Act, beside?: () => Promise<unknown>): Promise<void> {
    const item: Item = {
      id: act.id ?? crypto.randomUUID(),
      account,
      kind: act.kind,
      body: structuredClone(act.body),
      at: new Date().toISOString(),
      made: this.#around.now(),
      state: 'phone',
      tries: 0,
      why: null,
      settled: null,
      about: act.about,
      auto: act.auto ?? false,
    };
    try {
      await this.#store(item, beside);
    } catch (error) {
      if (isFull(error) && (await this.#makeRoom(item, beside))) return;
      if (this.unsaved.some(({ id }) => id === item.id)) return;
      this.#hold([...this.unsaved, item]);
    }
  }

  /** A thing that was refused goes again. */
  async retry(id: string): Promise<void> {
    await this.#change(id, { state: 'phone', why: null, settled: null });
  }

  /** A thing that was refused, or is with the hub, is not shown any more. */
  async dismiss(id: string): Promise<void> {
    await this.#db.outbox
      .where('id')
      .equals(id)
      .filter(({ state }) => state === 'refused' || state === 'hub')
      .delete();
    this.#hold(this.unsaved.filter((item) => item.id !== id || isWaiting(item)));
  }

  /** How many things of each account wait on this phone. */
  async waiting(): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    const stored = await this.#db.outbox.filter(isWaiting).toArray();
    for (const { account, auto } of [...stored, ...this.unsaved.filter(isWaiting)])
      if (!auto) found.set(account, (found.get(account) ?? 0) + 1);
    return found;
  }

  /** Send what waits of this account; what another tab is sending already it goes on sending. */
  drain(account: string): Promise<void> {
    this.#asked = true;
    this.#running ??= this.#around
      .oneTab(async () => {
        while (this.#asked) {
          this.#asked = false;
          await this.#sendAll(account);
        }
      })
      .finally(() => {
        this.#running = null;
      });
    return this.#running;
  }

  async #sendAll(account: string): Promise<void> {
    await this.#recover(account);
    const passed = new Set<string>();
    let [alone, failed] = [false, 0];
    for (;;) {
      const waiting = (await this.#next(account)).filter(({ id }) => !passed.has(id));
      // one that keeps failing goes behind those that have not been tried
      if (alone) waiting.sort((a, b) => a.tries - b.tries);
      const batch = waiting.slice(0, alone ? 1 : AT_ONCE);
      if (batch.length === 0) break;
      try {
        await this.#sendOne(account, batch, passed);
        failed = 0;
      } catch (error) {
        const why = asWhy(error);
        const settles = batch.length === 1 && !PASSING.has(why.code);
        await this.#together(async () => {
          for (const item of batch)
            await (settles ? this.#settle(item, 'refused', why) : this.#put(item, why));
        });
        if (FOR_ALL.has(why.code)) break;
        if (alone && !settles) {
          passed.add(batch[0]?.id ?? '');
          if (++failed >= PATIENCE) break;
        }
        alone = true;
      }
    }
    await this.#forget(account).catch(() => undefined);
  }

  async #sendOne(account: string, batch: Item[], passed: Set<string>): Promise<void> {
    await this.#together(async () => {
      for (const { id, tries } of batch)
        await this.#change(id, { state: 'sending', tries: tries + 1 });
    });
    const actions = batch.map(({ id, kind, at, body }) => ({ id, kind, at, body }));
    const { results } = await this.#send(account, actions);
    // what the phone has no room to note is sent once more another time, and done once
    for (const { id } of batch) passed.add(id);
    await this.#together(async () => {
      for (const [place, item] of batch.entries()) await this.#judge(item, results[place]);
    });
  }

  async #judge(item: Item, result: Reply['results'][number] | undefined): Promise<void> {
    if (result?.status === 'applied' || result?.status === 'duplicate')
      return this.#settle(item, 'hub', null);
    const why = { code: result?.code ?? 'INTERNAL', message: result?.message ?? '' };
    return PASSING.has(why.code) ? this.#put(item, why) : this.#settle(item, 'refused', why);
  }

  /** Several notes at once; where the phone has no room for them, none. */
  async #together(notes: () => Promise<void>): Promise<void> {
    await this.#db.transaction('rw', this.#db.outbox, notes).catch(() => undefined);
  }

  /** Back on the phone: it will be sent again. */
  #put(item: Item, why: Why): Promise<void> {
    return this.#change(item.id, { state: 'phone', why });
  }

  async #settle(item: Item, state: 'hub' | 'refused', why: Why | null): Promise<void> {
    await this.#change(item.id, { state, why, settled: this.#around.now() });
  }

  async #change(id: string, change: Partial<Item>): Promise<void> {
    if (this.unsaved.some((item) => item.id === id)) {
      this.#hold(this.unsaved.map((item) => (item.id === id ? { ...item, ...change } : item)));
      return;
    }
    try {
      await this.#db.outbox.where('id').equals(id).modify(change);
    } catch {
      // no room for it: the thing is here as it was, and is sent again
    }
  }

  /** What a tab that was killed was sending: nobody else can be at it now. */
  async #recover(account: string): Promise<void> {
    await this.#db.outbox
      .where('[account+state]')
      .equals([account, 'sending'])
      .modify({ state: 'phone' })
      .catch(() => undefined);
  }

  async #next(account: string): Promise<Item[]> {
    const stored = await this.#db.outbox
      .where('[account+state]')
      .anyOf([
        [account, 'phone'],
        [account, 'sending'],
      ])
      .sortBy('seq')
      .catch(() => []);
    return [
      ...stored,
      ...this.unsaved.filter((item) => item.account === account && isWaiting(item)),
    ];
  }

  async #store(item: Item, beside?: () => Promise<unknown>): Promise<void> {
    const { outbox, drafts, photos } = this.#db;
    await this.#db.transaction('rw', outbox, drafts, photos, async () => {
      const known = await outbox.where('id').equals(item.id).first();
      if (!known) await outbox.add(item);
      else if (known.state === 'refused')
        await outbox.put({ ...item, ...(known.seq !== undefined && { seq: known.seq }) });
      await beside?.();
    });
  }

  async #makeRoom(item: Item, beside?: () => Promise<unknown>): Promise<boolean> {
    try {
      await this.#db.outbox.filter(({ state }) => state === 'hub').delete();
      await this.#store(item, beside);
      return true;
    } catch {
      return false;
    }
  }

  async #forget(account: string): Promise<void> {
    const before = this.#around.now() - KEPT;
    await this.#db.outbox
      .where('[account+state]')
      .equals([account, 'hub'])
      .filter(({ settled }) => (settled ?? 0) < before)
      .delete();
  }

  #hold(items: readonly Item[]): void {
    this.unsaved = items;
    this.onunsaved();
  }
}

/** Whether it is still to be sent. */
export function isWaiting({ state }: Item): boolean {
  return state === 'phone' || state === 'sending';
}

/** The phone was woken by this push: said to the hub by itself. */
export function wokenBy(event: string): Act {
  return {
    id: `wake.confirmed:${event}`.slice(0, 128),
    kind: 'wake.confirmed',
    body: { event },
    about: '',
    auto: true,
  };
}

function asWhy(error: unknown): Why {
  if (error instanceof HubError) return { code: error.code, message: error.message };
  return { code: 'INTERNAL', message: String(error) };
}
