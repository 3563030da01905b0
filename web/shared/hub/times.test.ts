import { expect, test, vi } from 'vitest';

vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined });
const { age, date, day, minute, running, sameDay, second } = await import('./times');

test('times are those of the area', () => {
  expect(minute('2026-11-30T20:12:36Z')).toBe('04:12');
  expect(second('2026-11-30T16:00:00Z')).toBe('00:00:00');
  expect(date('2026-11-30T16:00:00Z')).toBe('2026-12-01');
  expect(sameDay('2026-11-30T15:59:59Z', '2026-11-30T16:00:00Z')).toBe(false);
  expect(minute(null)).toBe('—');
  expect(day('2027-02-12T20:12:36Z')).toBe('2月13日周六');
});

test('running times and ages', () => {
  expect(running(36_999)).toBe('0:36');
  expect(running(4_960_000)).toBe('1:22:40');
  expect(running(-1)).toBe('0:00');
  expect(age(3_000)).toBe('3\u00a0秒');
  expect(age(312_000)).toBe('5\u00a0分');
  expect(age(7_200_000)).toBe('2\u00a0小时');
  expect(age(400_000_000)).toBe('4\u00a0天');
});
