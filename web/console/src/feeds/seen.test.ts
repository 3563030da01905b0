import { expect, test, vi } from 'vitest';

vi.mock('$shared/hub/clock.svelte', () => ({ clock: { read: () => 0 } }));
const { followed } = await import('./seen.svelte');

test('a state is noted once, and another one behind it', () => {
  const first = followed([], 'HEALTHY', 'a');
  expect(followed(first, 'HEALTHY', 'b')).toBe(first);
  expect(followed(first, 'STALE', 'c')).toEqual([
    { state: 'HEALTHY', since: 'a' },
    { state: 'STALE', since: 'c' },
  ]);
});

test('of many states the newest are kept', () => {
  let list = followed([], 'HEALTHY', '0');
  for (let at = 1; at <= 40; at += 1) list = followed(list, at % 2 ? 'STALE' : 'HEALTHY', `${at}`);
  expect([list.length, list.at(-1)?.since]).toEqual([20, '40']);
});
