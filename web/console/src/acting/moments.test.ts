import { expect, test } from 'vitest';
import { moment, typed } from './moments';

const HOUR = 3_600_000;

test('a moment of the area is read in its zone, whatever the machine has', () => {
  const shanghai = (at: number) => new Date(at + 8 * HOUR).toISOString().slice(0, 19);
  expect(moment('2026-03-02T11:20:00', shanghai)).toBe(Date.parse('2026-03-02T03:20:00Z'));
  expect(moment('2026-03-02T11:20', shanghai)).toBe(Date.parse('2026-03-02T03:20:00Z'));
  expect(moment('', shanghai)).toBeNull();
});

test('a date and time are read as people type them', () => {
  const today = '2026-03-02';
  expect(typed('2026-12-01 14:38:23', today)).toBe('2026-12-01T14:38:23');
  expect(typed('2026/12/1 9:05', today)).toBe('2026-12-01T09:05:00');
  expect(typed('2026年12月1日 9：05', today)).toBe('2026-12-01T09:05:00');
  expect(typed('12-01 14:38', today)).toBe('2026-12-01T14:38:00');
  expect(typed(' 4:12 ', today)).toBe('2026-03-02T04:12:00');
});

test('what is no date or time is none', () => {
  const today = '2026-03-02';
  for (const text of ['', 'now', '25:00', '12:60', '2026-02-31 10:00', '13-01 10:00', '1412'])
    expect(typed(text, today), text).toBeNull();
});
