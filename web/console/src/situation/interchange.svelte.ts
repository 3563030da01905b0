import { untrack } from 'svelte';
import {
  SituationArea,
  type SituationAreaQuery,
  SituationPlaces,
  type SituationPlacesQuery,
  SituationRanks,
} from '$shared/gql/generated';
import { HubError } from '$shared/hub/errors';
import { ask, connection } from '../hub';
import { source } from '../source';

type Area = SituationAreaQuery['interchange'];
type Places = SituationPlacesQuery['interchange']['stopPlaces'];

/** Milliseconds between two looks at which stop places there are: a timetable may tell of one late. */
const EVERY = 10_000;

/** What the panes of the situation stand on: the area, its stop places, its ranks. Call it while a component is made. */
export function interchange() {
  let area = $state.raw<Area | null>(null);
  let places = $state.raw<Places | null>(null);
  let fault = $state<HubError | null>(null);
  const { live } = source();
  const ranks = live(SituationRanks, () => ({}));
  const figures = $derived(
    new Map(
      [...ranks.is.rows.values()].flatMap((rank) => [
        [
          `holding:${rank.scopedId}`,
          `${rank.holding ?? '—'}/${rank.holdingCapacity ?? '—'}`,
        ] as const,
        [
          `rank:${rank.scopedId}`,
          `${rank.vehiclesWaiting ?? '—'}/${rank.capacity ?? '—'}`,
        ] as const,
      ]),
    ),
  );

  async function asked(): Promise<void> {
    try {
      area ??= (await ask(SituationArea, {})).interchange;
      const { stopPlaces } = (await ask(SituationPlaces, {})).interchange;
      // the same again must not make the boards begin anew
      if (JSON.stringify(stopPlaces) !== JSON.stringify(places)) places = stopPlaces;
      fault = null;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      fault = error;
    }
  }
  $effect(() => {
    if (connection.lostSince !== null) return;
    void untrack(asked);
    const timer = setInterval(() => {
      if (!document.hidden) void asked();
    }, EVERY);
    return () => clearInterval(timer);
  });

  return {
    get area() {
      return area;
    },
    get places() {
      return places;
    },
    get fault() {
      return fault;
    },
    get ranks() {
      return ranks.is;
    },
    get figures() {
      return figures;
    },
    asked,
  };
}
