import { createClient, type Client, TerminatedCloseEvent } from 'graphql-ws';
import type { Operation } from '../gql/operation';
import { refusal, type Fault } from './ask';
import { clock } from './clock.svelte';
import { HubError } from './errors';
import type { Session } from './session.svelte';

/** Milliseconds between two questions whether the hub is still there. */
const PING = 2_000;
/** How long it may take to say so. */
const PONG = 2_000;
const LONGEST_WAIT = 5_000;

/** What a subscription tells its subscriber. */
export interface Sink<Data> {
  next(data: Data): void;
  refused(error: HubError): void;
}

/**
 * The one socket to the hub, which comes back for ever, and what a person is told of it.
 *
 * A socket that answers no ping is cut: a cable that was pulled closes nothing. A machine that has
 * slept is found by the gap in its own counter.
 */
export class Connection {
  /** Since when nothing comes any more, by the hub's clock; null while it is there. */
  lostSince = $state<number | null>(null);
  /** When something last came, by the hub's clock. */
  heardAt = $state(0);
  #client: Client | null = null;
  #pong: ReturnType<typeof setTimeout> | undefined;
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Be told what the operation tells, until the answer is called. `variables` are read anew when the socket comes back. */
  subscribe<Data, Variables extends object>(
    operation: Operation<Data, Variables>,
    variables: Variables,
    sink: Sink<Data>,
  ): () => void {
    this.#client ??= this.#open();
    const payload = { documentId: operation.id, query: '', variables } as { query: string };
    return this.#client.subscribe<Data>(payload, {
      next: (result) => {
        this.#heard();
        const [error] = result.errors ?? [];
        if (error) sink.refused(refusal(error as Fault));
        else if (result.data) sink.next(result.data);
      },
      error: (reason: unknown) => sink.refused(asHubError(reason)),
      complete: () => undefined,
    });
  }

  /** Let go of the socket: somebody signs out. */
  async close(): Promise<void> {
    clearTimeout(this.#pong);
    const client = this.#client;
    this.#client = null;
    this.lostSince = null;
    try {
      await client?.dispose();
    } catch (reason) {
      // a socket that was on its way and is refused: it is closed all the same
      if (!(reason instanceof Event)) throw reason;
    }
  }

  #open(): Client {
    const url = new URL('/graphql', location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    let token = '';
    const client = createClient({
      // here and not with the parameters, before each socket; it must not fail, or no other comes
      url: async () => {
        token = await this.#token();
        return url.href;
      },
      connectionParams: () => ({ authorization: `Bearer ${token}` }),
      keepAlive: PING,
      retryAttempts: Infinity,
      // what we cut ourselves, because nothing answers any more, is no Event to the library
      shouldRetry: (reason) =>
        this.#session.me !== null &&
        (reason instanceof Event ||
          reason instanceof TerminatedCloseEvent ||
          reason instanceof HubError),
      retryWait: pause,
      on: {
        connected: () => this.#heard(),
        ping: (received) => {
          if (received) return;
          clearTimeout(this.#pong);
          this.#pong = setTimeout(() => {
            this.#lost();
            client.terminate();
          }, PONG);
        },
        pong: (received) => {
          if (received) this.#heard();
        },
        closed: (event) => {
          clearTimeout(this.#pong);
          const { code } = event as CloseEvent;
          if (code === 4403) this.#session.spoilt();
          if (this.#client) this.#lost();
        },
      },
    });
    return client;
  }

  /** A token, however long the hub is away; none, which the hub refuses, when nobody is signed in. */
  async #token(): Promise<string> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.#session.token();
      } catch (error) {
        if (!(error instanceof HubError)) throw error;
        if (this.#session.me === null) return '';
        this.#lost();
        await pause(tries);
      }
    }
  }

  #heard(): void {
    clearTimeout(this.#pong);
    this.heardAt = clock.read();
    this.lostSince = null;
  }

  #lost(): void {
    this.lostSince ??= clock.read();
  }
}

function pause(tries: number): Promise<void> {
  const wait = Math.min(LONGEST_WAIT, 250 * 2 ** tries);
  return new Promise((resolve) => setTimeout(resolve, wait / 2 + (Math.random() * wait) / 2));
}

function asHubError(reason: unknown): HubError {
  if (Array.isArray(reason)) return refusal(reason[0] as Fault);
  return new HubError('OFFLINE', '连接不上中枢 / The hub was not reached.');
}
