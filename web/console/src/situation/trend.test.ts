import { expect, it } from 'vitest';
import { path, seen, type Seen, some } from './trend';

it('keeps a level as its two ends', () => {
  let trend: readonly Seen[] = [];
  for (const [at, value] of [
    [0, 3],
    [1, 3],
    [2, 3],
    [3, 5],
    [4, null],
    [4, 9],
  ] as const)
    trend = seen(trend, at, value);
  expect(trend).toEqual([
    { at: 0, value: 3 },
    { at: 2, value: 3 },
    { at: 3, value: 5 },
    { at: 4, value: null },
  ]);
});

it('draws steps, and a gap where nothing was known', () => {
  const trend = [
    { at: 0, value: 10 },
    { at: 60_000, value: null },
    { at: 120_000, value: 5 },
  ];
  expect(path(trend, 240_000, 10, 100, 20)).toBe('M0.0 0.0H25.0M50.0 10.0H100.0');
  expect(path([], 0, 10, 100, 20)).toBe('');
});

it('shows some points in a table, always the last', () => {
  const trend = Array.from({ length: 100 }, (_, at) => ({ at, value: at }));
  const shown = some(trend, 10);
  expect(shown).toHaveLength(10);
  expect(shown.at(-1)?.at).toBe(99);
});
