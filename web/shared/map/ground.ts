import type { Language } from '../words.svelte';
import {
  type AreaMap,
  type Feature,
  free,
  inOrder,
  lookOf,
  middle,
  NAMED,
  type Spot,
} from './area';
import { type Painter, token } from './painter';

type At = Parameters<Painter>[1];

/** Figures that stand beside names on the map, by the id of their rank. */
export type Figures = ReadonlyMap<string, string>;

/** The painter of the area: the ground, then the names that have room. */
export function ground(
  area: AreaMap,
  language: () => Language,
  figures: () => Figures,
  signs: () => readonly Spot[],
): Painter {
  const features = inOrder(area.features);
  const named = NAMED.flatMap((kind) =>
    area.features.filter(({ properties }) => properties.kind === kind),
  );
  const roads = area.features.filter(({ properties }) => properties.kind === 'road');
  return (context, at, size) => {
    // all edges of roads before all roads: where two meet there is no line between them
    for (const road of roads) shape(context, road, at, true);
    for (const feature of features) shape(context, feature, at, false);
    names(context, at, size, named, roads, language(), figures(), signs());
  };
}

function trace(context: CanvasRenderingContext2D, spots: readonly Spot[], at: At): void {
  spots.forEach(([lon, lat], index) => {
    const { x, y } = at(lat, lon);
    if (index === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  });
}

function shape(context: CanvasRenderingContext2D, feature: Feature, at: At, casing: boolean): void {
  const { geometry } = feature;
  if (geometry.type === 'Point') return sign(context, feature, at);
  const look = lookOf(feature);
  if (!look || (casing && !look.casing)) return;
  context.beginPath();
  if (geometry.type === 'LineString') trace(context, geometry.coordinates, at);
  else
    for (const ring of geometry.coordinates) {
      trace(context, ring, at);
      context.closePath();
    }
  context.globalAlpha = look.alpha ?? 1;
  if (look.fill) {
    context.fillStyle = token(look.fill);
    context.fill();
  }
  if (look.stroke) {
    context.strokeStyle = token(casing && look.casing ? look.casing : look.stroke);
    context.lineWidth = (look.width ?? 1) + (casing ? 2 : 0);
    context.setLineDash(look.dash ?? []);
    context.stroke();
    context.setLineDash([]);
  }
  context.globalAlpha = 1;
}

/** Half the width of a sign of an officer or an incident. */
const SIGN = 11;
/** Pixels by which a name steps aside where something stands already. */
const ASIDE = [0, 17, -17];

/** A door is a small triangle, a metro exit a ring, a gate a square. */
function sign(context: CanvasRenderingContext2D, feature: Feature, at: At): void {
  if (feature.geometry.type !== 'Point') return;
  const [lon, lat] = feature.geometry.coordinates;
  const { x, y } = at(lat, lon);
  context.beginPath();
  context.fillStyle = context.strokeStyle = token('--text-quiet');
  switch (feature.properties.kind) {
    case 'entrance':
    case 'exit':
      context.moveTo(x - 4, y + 3);
      context.lineTo(x + 4, y + 3);
      context.lineTo(x, y - 4);
      context.fill();
      break;
    case 'metro-exit':
      context.lineWidth = 1.5;
      context.arc(x, y, 3, 0, Math.PI * 2);
      context.stroke();
      break;
    default:
      context.fillRect(x - 2, y - 2, 4, 4);
  }
}

function names(
  context: CanvasRenderingContext2D,
  at: At,
  size: { x: number; y: number },
  features: readonly Feature[],
  roads: readonly Feature[],
  language: Language,
  figures: Figures,
  signs: readonly Spot[],
): void {
  const taken = signs.map(([lon, lat]) => {
    const { x, y } = at(lat, lon);
    return { left: x - SIGN, top: y - SIGN, right: x + SIGN, bottom: y + SIGN };
  });
  const font = (strong: boolean) =>
    `${strong ? 600 : 400} ${token('--type-note')} ${token('--font-ui')}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const put = (text: string, x: number, y: number, strong: boolean, ink: string) => {
    context.font = font(strong);
    const half = context.measureText(text).width / 2 + 3;
    const box = ASIDE.map((aside) => ({
      left: x - half,
      top: y + aside - 8,
      right: x + half,
      bottom: y + aside + 8,
    })).find(
      (one) =>
        one.left > 0 &&
        one.right < size.x &&
        one.top > 0 &&
        one.bottom < size.y &&
        free(one, taken),
    );
    if (!box) return;
    taken.push(box);
    context.lineJoin = 'round';
    context.lineWidth = 3;
    context.strokeStyle = token('--map-zone');
    context.strokeText(text, x, box.top + 8);
    context.fillStyle = token(ink);
    context.fillText(text, x, box.top + 8);
  };
  for (const feature of features) {
    const { kind, id } = feature.properties;
    const [lon, lat] = middle(feature);
    const { x, y } = at(lat, lon);
    const figure =
      kind === 'holding' || kind === 'rank' ? figures.get(`${kind}:${id ?? ''}`) : undefined;
    const name = feature.properties[language];
    const point = feature.geometry.type === 'Point';
    put(
      figure === undefined ? name : `${name} ${figure}`,
      x,
      point ? y + 12 : y,
      kind === 'square' || figure !== undefined,
      point ? '--text-quiet' : '--map-label',
    );
  }
  for (const { geometry, properties } of roads) {
    if (geometry.type !== 'LineString') continue;
    const ends = geometry.coordinates.map(([lon, lat]) => at(lat, lon));
    const [first, last] = [ends[0], ends.at(-1)];
    if (!first || !last) continue;
    const across = Math.abs(last.x - first.x) > Math.abs(last.y - first.y);
    const text = properties[language];
    if (across) put(text, Math.max(first.x, 0) + 60, (first.y + last.y) / 2, false, '--text-quiet');
    else if (language === 'zh')
      [...text].forEach((letter, index) =>
        put(letter, (first.x + last.x) / 2, size.y * 0.16 + index * 17, false, '--text-quiet'),
      );
  }
}
