import {
  AlarmsToAct,
  Feeds,
  HistoryTransit,
  type HistoryTransitQuery,
  HistoryWork,
  type HistoryWorkQuery,
  SituationArrivals,
  SituationDepartures,
  SituationIncidents,
  SituationNotices,
  SituationOrders,
  SituationParking,
  SituationRanks,
} from '$shared/gql/generated';
import { HubError } from '$shared/hub/errors';
import type { NodeOf, Rows } from '$shared/hub/live.svelte';
import type { Operation } from '$shared/gql/operation';
import { ask, may } from '../hub';
import type { PastMap, Source } from '../source';

type Transit = HistoryTransitQuery['moment'];
type Work = HistoryWorkQuery['moment'];
interface Held {
  transit: Transit;
  work: Work | null;
}
type Row = { id: string };
type Read = (held: Held, variables: { stopPlace?: string }) => readonly Row[] | null | undefined;

const board = (held: Held, stopPlace: string | undefined) =>
  held.transit.boards?.find((one) => one.stopPlace.id === stopPlace);

/** Where of a moment is what a live query tells of now. */
const READS = new Map<unknown, Read>([
  [SituationDepartures, (held, { stopPlace }) => board(held, stopPlace)?.departures],
  [SituationArrivals, (held, { stopPlace }) => board(held, stopPlace)?.arrivals],
  [SituationRanks, ({ transit }) => transit.taxiRanks],
  [SituationParking, ({ transit }) => transit.parkingFacilities],
  [SituationNotices, ({ transit }) => transit.situations],
  [Feeds, ({ transit }) => transit.feeds],
  [SituationIncidents, ({ work }) => work?.incidents],
  [SituationOrders, ({ work }) => work?.orders],
  [AlarmsToAct, ({ work }) => work?.alarms],
]);

/** The hub looks every ten seconds: what is nearer than half of that is the same. */
const SAME = 5_000;

/** A moment that has passed, as a source of all panes. What is shown stays until the next has come. */
export class Past implements Source {
  /** The moment, in milliseconds: what the panes take for now. */
  at = $state(0);
  held = $state.raw<Held | null>(null);
  error = $state<HubError | null>(null);
  readonly acts = false;
  readonly clock: { readonly now: number };
  readonly past: PastMap;
  /** Of which moment `held` is. */
  shown = $state<number | null>(null);
  #busy = false;

  constructor(at: number) {
    this.at = at;
    const now = () => this.at;
    this.clock = {
      get now() {
        return now();
      },
    };
    const held = () => this.held;
    this.past = {
      get vehicles() {
        return held()?.transit.vehicles ?? [];
      },
      get officers() {
        return (held()?.work?.officers ?? []).map((one) => ({ ...one, lastPosition: null }));
      },
    };
  }

  /** Whether what is held is not of this moment yet. */
  get behind(): boolean {
    return !this.#isShown();
  }

  /** The gap the moment lies in; null where it lies in none, or that is not known yet. */
  get gap(): Transit['gap'] {
    return this.held?.transit.gap ?? null;
  }

  live = <Data, Variables extends { after?: unknown }>(
    operation: Operation<Data, Variables>,
    variables: () => Omit<Variables, 'after'> | null,
  ): { readonly is: Rows<NodeOf<Data> & Row> } => {
    type Node = NodeOf<Data> & Row;
    const read = READS.get(operation);
    const rows = $derived.by(() => {
      const asked = variables();
      const found = (this.held && asked && read?.(this.held, asked)) ?? [];
      return new Map((found as Node[]).map((row) => [row.id, row] as const));
    });
    const unknown = $derived(this.gap === null ? null : NOT_KEPT);
    const ready = $derived(this.held !== null);
    const error = $derived(this.error ?? unknown);
    return {
      is: {
        get rows() {
          return rows;
        },
        get ready() {
          return ready;
        },
        get error() {
          return error;
        },
      },
    };
  };

  /** Ask for the moment, unless what is shown is of it; where it moves meanwhile, for the last one. */
  async load(): Promise<void> {
    if (this.#busy || this.#isShown()) return;
    this.#busy = true;
    try {
      while (!this.#isShown()) {
        const wanted = this.at;
        const asked = { at: new Date(wanted).toISOString() };
        const [transit, work] = await Promise.all([
          ask(HistoryTransit, asked),
          may('orders:read') && may('alarms:read') && may('officers:read')
            ? ask(HistoryWork, asked)
            : null,
        ]);
        this.held = { transit: transit.moment, work: work?.moment ?? null };
        this.error = null;
        this.shown = wanted;
      }
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      // values of another moment under this one's time would be a lie
      this.held = this.shown = null;
      this.error = error;
    } finally {
      this.#busy = false;
    }
  }

  #isShown(): boolean {
    return this.shown !== null && this.at >= this.shown && this.at - this.shown < SAME;
  }
}

const NOT_KEPT = new HubError('GAP', '这一刻没有记录 / Nothing is kept of this moment');
