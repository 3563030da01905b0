import type { TransportMode } from '$shared/gql/generated';
import type { Pair } from '$shared/words.svelte';

const MODES: Partial<Record<TransportMode, Pair>> = {
  RAIL: ['铁路', 'Rail'],
  METRO: ['地铁', 'Metro'],
  COACH: ['长途', 'Coach'],
  BUS: ['公交', 'Bus'],
  TAXI: ['出租', 'Taxi'],
  TRAM: ['电车', 'Tram'],
  FERRY: ['轮渡', 'Ferry'],
};

/** What a kind of feed brings, by how its name begins; the longest that fits. */
const KINDS: readonly (readonly [prefix: string, brings: Pair])[] = [
  ['gtfs_rt', ['实况', 'live']],
  ['gtfs', ['时刻表', 'timetable']],
  ['transxchange', ['时刻表', 'timetable']],
  ['netex', ['时刻表', 'timetable']],
  ['siri_et', ['实况', 'live']],
  ['siri_sm', ['到发', 'board']],
  ['siri_vm', ['车位置', 'vehicles']],
  ['siri_sx', ['情况', 'situations']],
  ['siri_fm', ['设施', 'facilities']],
  ['jtt', ['车位置', 'vehicles']],
  ['cap', ['预警', 'warnings']],
  ['datex2_parking', ['车位', 'parking']],
  ['datex2_sit', ['路况', 'road events']],
  ['parkapi', ['车位', 'parking']],
  ['gbfs', ['单车', 'bicycles']],
  ['coach', ['班次', 'departures']],
];

/** A feed's name in words, where its mode or its kind is known; else its code. */
export function feedName(feed: { code: string; kind: string; mode: TransportMode | null }): Pair {
  const mode = feed.mode ? MODES[feed.mode] : undefined;
  const brings = KINDS.find(([prefix]) => feed.kind.startsWith(prefix))?.[1];
  if (!mode && !brings) return [feed.code, feed.code];
  const english = [mode?.[1], brings?.[1]].filter((word) => word !== undefined).join(' ');
  return [`${mode?.[0] ?? ''}${brings?.[0] ?? ''}`, english[0]?.toUpperCase() + english.slice(1)];
}

/** Their names by code; where several would be the same, they are numbered. */
export function feedNames(
  feeds: readonly { code: string; kind: string; mode: TransportMode | null }[],
): ReadonlyMap<string, Pair> {
  const alike = new Map<string, string[]>();
  for (const feed of feeds) {
    const [zh] = feedName(feed);
    alike.set(zh, [...(alike.get(zh) ?? []), feed.code]);
  }
  return new Map(
    feeds.map((feed) => {
      const [zh, en] = feedName(feed);
      const codes = alike.get(zh) ?? [];
      const number = codes.length > 1 ? ` ${codes.indexOf(feed.code) + 1}` : '';
      return [feed.code, [`${zh}${number}`, `${en}${number}`]];
    }),
  );
}
