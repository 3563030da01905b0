import { SvelteMap } from 'svelte/reactivity';
import type { Operation } from '../gql/operation';
import type { Connection } from './connection.svelte';
import type { HubError } from './errors';

interface Event<Node> {
  change: 'SNAPSHOT' | 'ADDED' | 'UPDATED' | 'REMOVED' | 'RESET';
  cursor: string;
  node?: Node | null;
}

/** What a live query tells of. */
export type NodeOf<Data> =
  Data extends Record<string, { node?: infer Node }> ? NonNullable<Node> : never;

/** A cursor of nothing: the hub answers it with RESET, also where there is no row to tell. */
const BEGINNING = 'new';
/** Milliseconds after which what a new state did not name again is gone. */
const RENEWED = 500;
/** Events that are gathered at most before they are shown. */
const GATHERED = 5_000;

/** Rows as they are shown, wherever they are from. */
export interface Rows<Node extends { id: string }> {
  readonly rows: ReadonlyMap<string, Node>;
  /** False until the first state has come. */
  readonly ready: boolean;
  /** Why there is nothing to show. */
  readonly error: HubError | null;
}

/**
 * The rows of a live query (docs/live.md), as they are now.
 *
 * Events are gathered and shown once a frame, so that a flood of them never holds the page up. What is
 * shown stays while the socket is away; when the state has to be told anew, rows are renewed in their
 * places and what is not named again goes a moment later: nothing blanks.
 */
export class Live<Node extends { id: string }> implements Rows<Node> {
  readonly rows = new SvelteMap<string, Node>();
  /** False until the first state has come. */
  ready = $state(false);
  /** Why the hub does not tell it. */
  error = $state<HubError | null>(null);
  #waiting: Event<Node>[] = [];
  #frame = 0;
  #old = new Set<string>();
  #forget: ReturnType<typeof setTimeout> | undefined;

  /** Take what came. */
  push(event: Event<Node>): void {
    this.error = null;
    this.#waiting.push(event);
    // a page in the background gets no frames, and must not gather events for hours
    if (document.hidden || this.#waiting.length >= GATHERED) this.#show();
    else this.#frame ||= requestAnimationFrame(() => this.#show());
  }

  /** No more. */
  end(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#forget);
  }

  #show(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const events = this.#waiting;
    this.#waiting = [];
    for (const { change, node } of events) {
      if (change === 'RESET') this.#renew();
      else if (node) this.#take(change, node);
    }
    this.ready = true;
  }

  #take(change: Event<Node>['change'], node: Node): void {
    this.#old.delete(node.id);
    if (change === 'REMOVED') this.rows.delete(node.id);
    else this.rows.set(node.id, node);
  }

  #renew(): void {
    this.#old = new Set(this.rows.keys());
    clearTimeout(this.#forget);
    this.#forget = setTimeout(() => {
      for (const id of this.#old) this.rows.delete(id);
      this.#old.clear();
    }, RENEWED);
  }
}

/**
 * Follow a live query as long as the component is there. Call it while a component is made; `variables`
 * is a function: where what it reads changes, the question is asked anew. Null asks nothing.
 */
export function live<Data, Variables extends { after?: unknown }>(
  connection: Connection,
  operation: Operation<Data, Variables>,
  variables: () => Omit<Variables, 'after'> | null,
): { readonly is: Live<NodeOf<Data> & { id: string }> } {
  type Node = NodeOf<Data> & { id: string };
  let held = $state.raw(new Live<Node>());
  $effect(() => {
    const given = variables();
    const now = new Live<Node>();
    held = now;
    if (given === null) return;
    const asked = { ...given, after: BEGINNING } as unknown as Variables & { after: string };
    const stop = connection.subscribe(operation, asked as Variables & object, {
      next: (data) => {
        const [event] = Object.values(data as Record<string, Event<Node>>);
        if (!event) return;
        asked.after = event.cursor;
        now.push(event);
      },
      refused: (error) => {
        now.error = error;
      },
    });
    return () => {
      stop();
      now.end();
    };
  });
  return {
    get is() {
      return held;
    },
  };
}
