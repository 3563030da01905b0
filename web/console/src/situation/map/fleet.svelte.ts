import {
  SituationVehicles,
  type SituationVehiclesSubscription,
  type TransportMode,
} from '$shared/gql/generated';
import type { Connection } from '$shared/hub/connection.svelte';
import type { HubError } from '$shared/hub/errors';
import { type Painter, token } from '$shared/map/painter';

export type Vehicle = NonNullable<SituationVehiclesSubscription['vehicles']['node']>;

/** Milliseconds between two looks at how many there are. */
const COUNTED = 1_000;

/**
 * The vehicles around the interchange. They are kept in a plain map and not in reactive rows: thousands
 * change every few seconds, and only the canvas and a few counts are ever shown of them.
 */
export class Fleet {
  readonly held = new Map<string, Vehicle>();
  counts = $state.raw<ReadonlyMap<TransportMode, number>>(new Map());
  vacant = $state(0);
  /** When the newest position is from; null while there is none. */
  newest = $state<number | null>(null);
  ready = $state(false);
  error = $state<HubError | null>(null);
  /** Called when what is held has changed. */
  changed: () => void = () => undefined;
  #counting: ReturnType<typeof setTimeout> | undefined;

  /** Follow them until the answer is called. */
  follow(connection: Connection, centre: { lat: number; lon: number }): () => void {
    const asked = {
      within: { lat: centre.lat, lon: centre.lon, radiusMetres: 3_000 },
      after: null as string | null,
    };
    const stop = connection.subscribe(SituationVehicles, asked, {
      next: ({ vehicles: { change, cursor, node } }) => {
        asked.after = cursor;
        this.error = null;
        if (change === 'RESET') this.held.clear();
        else if (node && change === 'REMOVED') this.held.delete(node.id);
        else if (node) this.held.set(node.id, node);
        this.changed();
        this.#counting ??= setTimeout(() => this.#count(), COUNTED);
      },
      refused: (error) => {
        this.error = error;
      },
    });
    this.#counting = setTimeout(() => this.#count(), COUNTED);
    return () => {
      stop();
      clearTimeout(this.#counting);
    };
  }

  /** Show these, and no others: what was there at a moment. */
  hold(vehicles: readonly Vehicle[]): void {
    this.held.clear();
    for (const vehicle of vehicles) this.held.set(vehicle.id, vehicle);
    this.#count();
    this.changed();
  }

  #count(): void {
    this.#counting = undefined;
    const counts = new Map<TransportMode, number>();
    let [vacant, newest] = [0, 0];
    for (const { mode, taxiState, observedAt } of this.held.values()) {
      counts.set(mode, (counts.get(mode) ?? 0) + 1);
      if (taxiState === 'AVAILABLE') vacant += 1;
      newest = Math.max(newest, observedAt ? Date.parse(observedAt) : 0);
    }
    this.counts = counts;
    this.vacant = vacant;
    this.newest = newest || null;
    this.ready = true;
  }

  /** The painter of those whose mode is shown: a vacant taxi is full, a hired one hollow, a stale one faint. */
  painter(shown: (mode: TransportMode) => boolean): Painter {
    return (context, at, size) => {
      const taxi = token('--map-car');
      const other = token('--mode-coach');
      const rail = token('--mode-rail');
      context.lineWidth = 1;
      for (const { mode, taxiState, position, freshness } of this.held.values()) {
        if (!position || !shown(mode)) continue;
        const { x, y } = at(position.lat, position.lon);
        if (x < -4 || y < -4 || x > size.x + 4 || y > size.y + 4) continue;
        const ink = mode === 'TAXI' ? taxi : mode === 'COACH' || mode === 'BUS' ? other : rail;
        context.globalAlpha = freshness.state === 'STALE' ? 0.4 : 1;
        context.fillStyle = context.strokeStyle = ink;
        if (mode !== 'TAXI') context.fillRect(x - 4, y - 3, 8, 6);
        else if (taxiState === 'AVAILABLE') context.fillRect(x - 3, y - 2, 6, 4);
        else context.strokeRect(x - 2.5, y - 1.5, 5, 3);
      }
      context.globalAlpha = 1;
    };
  }
}
