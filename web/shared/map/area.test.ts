import { expect, it } from 'vitest';
import { type Feature, free, inOrder, lookOf, middle } from './area';

const feature = (kind: string, more: object = {}): Feature => ({
  type: 'Feature',
  properties: { kind, zh: kind, en: kind, ...more },
  geometry: {
    type: 'Polygon',
    coordinates: [
      [
        [0, 0],
        [2, 0],
        [2, 4],
        [0, 4],
        [0, 0],
      ],
    ],
  },
});

it('draws the ground first and signs last', () => {
  const kinds = inOrder(['exit', 'square', 'block', 'track'].map((kind) => feature(kind)));
  expect(kinds.map(({ properties }) => properties.kind)).toEqual([
    'block',
    'track',
    'square',
    'exit',
  ]);
});

it('dashes what runs below the ground', () => {
  expect(lookOf(feature('metro-line', { line: '1' }))?.dash).toBeDefined();
  expect(lookOf(feature('metro-line', { line: '3' }))?.dash).toBeUndefined();
  expect(lookOf(feature('entrance'))).toBeUndefined();
});

it('writes a name in the middle, where nothing else stands', () => {
  expect(middle(feature('square'))).toEqual([1, 2]);
  const box = { left: 0, top: 0, right: 10, bottom: 10 };
  expect(free({ left: 11, top: 0, right: 20, bottom: 10 }, [box])).toBe(true);
  expect(free({ left: 10, top: 10, right: 20, bottom: 20 }, [box])).toBe(false);
});
