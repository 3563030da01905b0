import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Live } from './live.svelte';

interface Row {
  id: string;
  value: number;
}

let frames: (() => void)[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  frames = [];
  vi.stubGlobal('document', { hidden: false });
  vi.stubGlobal('requestAnimationFrame', (frame: () => void) => frames.push(frame));
  vi.stubGlobal('cancelAnimationFrame', () => undefined);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const shown = (held: Live<Row>) => [...held.rows.values()].map(({ id, value }) => `${id}${value}`);
const frame = () => {
  for (const now of frames.splice(0)) now();
};
const event = (change: 'SNAPSHOT' | 'ADDED' | 'UPDATED' | 'REMOVED', id: string, value = 0) => ({
  change,
  cursor: 'c',
  node: { id, value },
});
const RESET = { change: 'RESET', cursor: 'c', node: null } as const;

test('an empty state is known to be empty, and before it nothing is known', () => {
  const held = new Live<Row>();
  expect(held.ready).toBe(false);
  held.push(RESET);
  frame();
  expect(held.ready).toBe(true);
  expect(shown(held)).toEqual([]);
});

test('events of one frame are shown together, in order', () => {
  const held = new Live<Row>();
  held.push(event('SNAPSHOT', 'a', 1));
  held.push(event('ADDED', 'b', 1));
  held.push(event('UPDATED', 'a', 2));
  expect(frames).toHaveLength(1);
  expect(shown(held)).toEqual([]);
  frame();
  expect(shown(held)).toEqual(['a2', 'b1']);
  held.push(event('REMOVED', 'a'));
  frame();
  expect(shown(held)).toEqual(['b1']);
});

test('a state told anew blanks nothing, and what it does not name goes', () => {
  const held = new Live<Row>();
  for (const id of ['a', 'b', 'c']) held.push(event('SNAPSHOT', id, 1));
  frame();
  held.push(RESET);
  held.push(event('SNAPSHOT', 'a', 2));
  frame();
  expect(shown(held)).toEqual(['a2', 'b1', 'c1']);
  held.push(event('SNAPSHOT', 'c', 2));
  frame();
  vi.advanceTimersByTime(1_000);
  expect(shown(held)).toEqual(['a2', 'c2']);
});

test('a hidden page shows at once, so that it gathers nothing', () => {
  vi.stubGlobal('document', { hidden: true });
  const held = new Live<Row>();
  held.push(event('SNAPSHOT', 'a', 1));
  expect(shown(held)).toEqual(['a1']);
  expect(frames).toHaveLength(0);
});
