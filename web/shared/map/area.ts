/** The drawing of the area as the hub tells it (RFC 7946), and what of it is drawn how. */
export type Spot = [lon: number, lat: number];
export interface Feature {
  type: 'Feature';
  properties: {
    kind: string;
    zh: string;
    en: string;
    id?: string;
    line?: string;
    width?: string;
    label?: Spot;
  };
  geometry:
    | { type: 'Point'; coordinates: Spot }
    | { type: 'LineString'; coordinates: Spot[] }
    | { type: 'Polygon'; coordinates: Spot[][] };
}
export interface AreaMap {
  type: 'FeatureCollection';
  note?: { zh: string; en: string };
  bbox?: [west: number, south: number, east: number, north: number];
  features: Feature[];
}

export interface Look {
  fill?: string;
  stroke?: string;
  width?: number;
  dash?: number[];
  casing?: string;
  alpha?: number;
}

/** Kinds from the ground up: what is drawn later lies above. */
const LAYERS = [
  'block',
  'road',
  'metro-line',
  'track',
  'platform',
  'square',
  'coach-terminal',
  'concourse',
  'holding',
  'rank',
  'garage',
  'metro-station',
  'coach-gate',
  'metro-exit',
  'entrance',
  'exit',
];

const zone: Look = { fill: '--map-zone', stroke: '--map-zone-edge', width: 1 };
const LOOKS: Record<string, Look> = {
  block: { fill: '--map-block' },
  road: { stroke: '--map-road', width: 9, casing: '--map-road-edge' },
  track: { stroke: '--map-track', width: 0.8 },
  platform: { fill: '--map-platform' },
  square: zone,
  'coach-terminal': zone,
  concourse: { ...zone, alpha: 0.9 },
  holding: zone,
  rank: { ...zone, stroke: '--map-car' },
  garage: { stroke: '--map-zone-edge', width: 1, dash: [4, 3] },
  'metro-station': { fill: '--surface-raised', stroke: '--map-zone-edge', width: 1.25 },
};

/** How a feature is drawn, in names of tokens; points have none, they are signs. */
export function lookOf({ properties: { kind, line, width } }: Feature): Look | undefined {
  if (kind === 'metro-line') {
    const look: Look = { stroke: `--mode-metro-${line ?? '1'}`, width: 3 };
    return line === '1' ? { ...look, dash: [9, 6] } : look;
  }
  const look = LOOKS[kind];
  return kind === 'road' && width === 'main' && look ? { ...look, width: 13 } : look;
}

/** The features in the order they are drawn. */
export function inOrder(features: readonly Feature[]): Feature[] {
  const level = ({ properties: { kind } }: Feature) => LAYERS.indexOf(kind);
  return [...features].sort((a, b) => level(a) - level(b));
}

/** Kinds that carry their name on the map, the most important first: where room is short, it goes first. */
export const NAMED = [
  'square',
  'holding',
  'coach-terminal',
  'concourse',
  'rank',
  'metro-station',
  'garage',
  'entrance',
  'exit',
  'metro-exit',
  'coach-gate',
];

/** Where the name of a feature stands: where it says, else in the middle of its corners. */
export function middle(feature: Feature): Spot {
  const { geometry, properties } = feature;
  if (properties.label) return properties.label;
  if (geometry.type === 'Point') return geometry.coordinates;
  const spots =
    geometry.type === 'Polygon' ? (geometry.coordinates[0] ?? []).slice(1) : geometry.coordinates;
  const sum = spots.reduce<Spot>((to, [lon, lat]) => [to[0] + lon, to[1] + lat], [0, 0]);
  return [sum[0] / spots.length, sum[1] / spots.length];
}

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Whether a box touches none of those that stand there already. */
export function free(box: Box, taken: readonly Box[]): boolean {
  return taken.every(
    (one) =>
      box.right < one.left || box.left > one.right || box.bottom < one.top || box.top > one.bottom,
  );
}
