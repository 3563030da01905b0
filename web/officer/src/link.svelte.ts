import { clock } from '$shared/hub/clock.svelte';
import { HubError } from '$shared/hub/errors';
import type { Session } from '$shared/hub/session.svelte';
import type { Mobile } from './mobile';
import type { Order } from './store/database';
import { events } from './sync/events';

/** Milliseconds between two looks at the hub, whatever happens. */
const ROUND = 15_000;
/** Milliseconds after which a stream that says nothing is dead: heartbeats come every 15 s. */
const SILENCE = 40_000;
/** After so long in the background, a phone's own counter is not trusted any more. */
const SLEPT = 30_000;
const LONGEST_WAIT = 5_000;

interface Work {
  /** Fetch what is new. Raises HubError. */
  pull(account: string): Promise<Order[]>;
  /** Send what waits. */
  drain(account: string): Promise<void>;
  /** Orders that were not here before. */
  fresh(orders: Order[]): Promise<void>;
  /** The hub is there: what may take its time can go. */
  after(account: string): void;
  /** The cursor behind what is held here; null before the first time. */
  since(account: string): Promise<string | null>;
  /** The hub was asked: it answered, or refused for this reason. */
  asked(refused: HubError | null): void;
}

/**
 * The connection of the account that is signed in: a look at the hub at the start, when the network is
 * back, when the app is looked at, every 15 s and after each act; between them the hub's own stream.
 */
export class Link {
  /** Since when the hub is not reached, by its own clock; null while it is. */
  lostSince = $state<number | null>(null);
  /** When it was reached last, by its own clock; null before the first time. */
  heardAt = $state<number | null>(null);
  #account = '';
  #round: Promise<void> | null = null;
  #again = false;
  #stop = new AbortController();
  #hiddenAt: number | null = null;
  readonly #session: Session;
  readonly #mobile: Mobile;
  readonly #work: Work;

  constructor(session: Session, mobile: Mobile, work: Work) {
    this.#session = session;
    this.#mobile = mobile;
    this.#work = work;
  }

  /** Work for this account until the answer is called. */
  start(account: string): () => void {
    const stop = new AbortController();
    this.#account = account;
    this.#stop = stop;
    const { signal } = stop;
    window.addEventListener('online', () => this.kick(), { signal });
    window.addEventListener('offline', () => this.kick(), { signal });
    document.addEventListener('visibilitychange', () => this.#seen(), { signal });
    const timer = setInterval(() => this.kick(), ROUND);
    this.kick();
    void this.#listen(signal);
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }

  /** Look at the hub now. */
  kick(): void {
    void this.look();
  }

  /** Look at the hub, and come back when that is done. */
  look(): Promise<void> {
    this.#again = true;
    this.#round ??= this.#rounds().finally(() => {
      this.#round = null;
    });
    return this.#round;
  }

  async #rounds(): Promise<void> {
    while (this.#again && !this.#stop.signal.aborted) {
      this.#again = false;
      const account = this.#account;
      // what was done goes first: whoever waits for an answer waits for nothing else
      await this.#work.drain(account);
      await this.#try(async () => {
        const orders = await this.#work.pull(account);
        this.#heard();
        await this.#work.fresh(orders);
        await this.#work.drain(account);
        this.#work.after(account);
      });
    }
  }

  async #try(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      this.#work.asked(null);
      return true;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      if (error.code === 'OFFLINE') this.lostSince ??= clock.read();
      this.#work.asked(error);
      return false;
    }
  }

  #heard(): void {
    this.heardAt = clock.read();
    this.lostSince = null;
  }

  #seen(): void {
    if (document.hidden) {
      this.#hiddenAt = Date.now();
      return;
    }
    const slept = this.#hiddenAt !== null && Date.now() - this.#hiddenAt > SLEPT;
    this.#hiddenAt = null;
    // a token for another one, and with it the hub's time: a counter may stand still in sleep
    if (slept) this.#session.spoilt();
    this.kick();
  }

  async #listen(signal: AbortSignal): Promise<void> {
    for (let failed = 0; !signal.aborted;) {
      const well = await this.#try(() => this.#follow(signal));
      if (signal.aborted) return;
      failed = well ? 0 : failed + 1;
      // a stream that ended is the first sign of a lost connection: ask whether it is one
      this.kick();
      await wait(Math.min(LONGEST_WAIT, 500 * 2 ** failed), signal);
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const quiet = new AbortController();
    let timer = setTimeout(() => quiet.abort(), SILENCE);
    signal.addEventListener('abort', () => quiet.abort(), { signal: quiet.signal });
    try {
      const since = await this.#work.since(this.#account);
      const path = since === null ? 'events' : `events?since=${encodeURIComponent(since)}`;
      const response = await this.#mobile.open(this.#account, 'GET', path, {
        headers: { accept: 'text/event-stream' },
        signal: quiet.signal,
      });
      if (!response.ok || !response.body) throw new HubError('RETRY_LATER', '');
      for await (const { event } of events(response.body)) {
        clearTimeout(timer);
        timer = setTimeout(() => quiet.abort(), SILENCE);
        if (event === 'closed') return;
        if (event === 'change' || event === 'synced') this.kick();
        else this.#heard();
      }
    } catch (error) {
      if (error instanceof HubError) throw error;
      // cut in the middle, or silent for too long
    } finally {
      clearTimeout(timer);
    }
  }
}

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
