import { expect, test, vi } from 'vitest';
import { hoursToday } from './hours';

vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined });
const { isDue, metres } = await import('./positions.svelte');

const at = (text: string) => Date.parse(`2027-02-13T${text}+08:00`);
const since = (text: string) => ({
  id: 'o',
  on: true,
  since: new Date(at(text)).toISOString(),
  post: null,
});
const HOUR = 3_600_000;

test('hours of today are those since midnight of the area', () => {
  const midnight = at('00:00:00');
  const spell = { since: '2027-02-12T22:00:00+08:00', until: '2027-02-13T02:00:00+08:00' };
  expect(hoursToday(null, [], midnight, at('10:00:00'))).toBe(0);
  expect(hoursToday(since('08:00:00'), [spell], midnight, at('10:00:00'))).toBe(4 * HOUR);
  expect(hoursToday({ ...since('08:00:00'), on: false }, [spell], midnight, at('10:00:00'))).toBe(
    2 * HOUR,
  );
});

test('a position is due every 30 s on the move and every 120 s at rest', () => {
  const here = { lat: 31.25, lon: 121.45, accuracy: 8, at: 0 };
  const there = { ...here, lat: 31.251 };
  expect(metres(here, there)).toBeCloseTo(111, 0);
  expect(isDue(null, here, 0)).toBe(true);
  expect(isDue(here, there, 29_000)).toBe(false);
  expect(isDue(here, there, 30_000)).toBe(true);
  expect(isDue(here, here, 60_000)).toBe(false);
  expect(isDue(here, here, 120_000)).toBe(true);
  expect(isDue(here, { ...there, accuracy: 300 }, 60_000)).toBe(false);
});
