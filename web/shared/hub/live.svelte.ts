import { SvelteMap } from 'svelte/reactivity';
import type { Operation } from '../gql/operation';
import type { Connection } from './connection.svelte';
import type { HubError } from './errors';

interface Event<Node> {
  change: 'SNAPSHOT' | 'ADDED' | 'UPDATED' | 'REMOVED' | 'RESET';
  cursor: string;
  node?: Node | null;
}

type NodeOf<Data> = Data extends Record<string, { node?: infer Node }> ? NonNullable<Node> : never;

/**
 * The rows of a live query (docs/live.md), as they are now.
 *
 * Events are gathered and shown once a frame, so that a flood of them never holds the page up; what is
 * shown stays while the socket is away, and goes on behind the last cursor when it is back.
 */
export class Live<Node extends { id: string }> {
  readonly rows = new SvelteMap<string, Node>();
  /** False until the first state has come. */
  ready = $state(false);
  /** Why the hub does not tell it. */
  error = $state<HubError | null>(null);
  #waiting: Event<Node>[] = [];
  #frame = 0;
  #settled: ReturnType<typeof setTimeout> | undefined;

  /** Take what came. */
  push(event: Event<Node>): void {
    this.error = null;
    this.#waiting.push(event);
    this.#frame ||= requestAnimationFrame(() => this.#show());
    // a page in the background gets no frames, and must not gather events for hours
    if (document.hidden || this.#waiting.length > 5_000) this.#show();
  }

  /** Nothing has come for a moment: an empty list is known to be empty. */
  settle(): void {
    this.#settled ??= setTimeout(() => {
      this.ready = true;
    }, 1_500);
  }

  /** No more. */
  end(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#settled);
  }

  #show(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const events = this.#waiting;
    this.#waiting = [];
    for (const { change, node } of events) {
      if (change === 'RESET') this.rows.clear();
      else if (!node) continue;
      else if (change === 'REMOVED') this.rows.delete(node.id);
      else this.rows.set(node.id, node);
    }
    this.ready = true;
  }
}

/**
 * Follow a live query as long as the component is there. Call it while a component is made; `variables`
 * is a function: where what it reads changes, the question is asked anew.
 */
export function live<Data, Variables extends { after?: unknown }>(
  connection: Connection,
  operation: Operation<Data, Variables>,
  variables: () => Variables | null,
): { readonly is: Live<NodeOf<Data> & { id: string }> } {
  type Node = NodeOf<Data> & { id: string };
  let held = $state.raw(new Live<Node>());
  $effect(() => {
    const given = variables();
    const now = new Live<Node>();
    held = now;
    if (given === null) return;
    const asked = { ...given } as Variables;
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
    now.settle();
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
