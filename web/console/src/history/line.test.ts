import { expect, test } from 'vitest';
import { cover, HOUR, lineOf, marks, neighbour, place } from './line';

const kept = { start: 0, end: 48 * HOUR };

test('the line holds the moment, and lies within what is kept', () => {
  for (const at of [0, HOUR, 20 * HOUR, 48 * HOUR]) {
    const line = lineOf(kept, HOUR, at, null);
    expect(line.end - line.start).toBe(HOUR);
    expect(line.start <= at && at <= line.end).toBe(true);
    expect(line.start >= kept.start && line.end <= kept.end).toBe(true);
  }
});

test('it stands still while the moment is in it, and moves when it is not', () => {
  const shown = { start: 10 * HOUR, end: 16 * HOUR };
  expect(lineOf(kept, 6 * HOUR, 15.9 * HOUR, shown)).toBe(shown);
  expect(lineOf(kept, 6 * HOUR, 20 * HOUR, shown)).toEqual({ start: 17 * HOUR, end: 23 * HOUR });
});

test('a line that ends in the present goes with it', () => {
  const shown = { start: 47 * HOUR - 1000, end: 48 * HOUR - 1000 };
  expect(lineOf(kept, HOUR, 47.5 * HOUR, shown)).toEqual({ start: 47 * HOUR, end: 48 * HOUR });
});

test('where less is kept than is wanted, all of it is shown', () => {
  expect(lineOf({ start: 5, end: 9 }, HOUR, 7, null)).toEqual({ start: 5, end: 9 });
  expect(lineOf(kept, null, 7, null)).toBe(kept);
});

test('what lies outside of the line is not on it, what reaches into it is cut', () => {
  const line = { start: 100, end: 200 };
  expect(cover(line, { start: 0, end: 99 })).toBeNull();
  expect(cover(line, { start: 50, end: 150 })).toEqual({ from: 0, to: 0.5 });
  expect(place(line, 175)).toBe(0.75);
});

test('the neighbours of a moment are the nearest ones beside it', () => {
  expect(neighbour([10, 20, 30], 20, -1)).toBe(10);
  expect(neighbour([30, 10, 20], 20, 1)).toBe(30);
  expect(neighbour([10], 10, 1)).toBeNull();
});

test('labels are round, in the line and not too many', () => {
  const found = marks({ start: 7 * 60_000, end: 6 * HOUR }, 8);
  expect(found[0]).toBe(HOUR);
  expect(found).toHaveLength(6);
});
