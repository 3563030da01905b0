import { expect, it, vi } from 'vitest';

vi.mock('../../hub', () => ({ ask: () => Promise.reject(new Error('not asked here')) }));
const { short, standing } = await import('./officers.svelte');

const NOW = Date.parse('2027-02-12T20:00:00Z');
const seen = (minutes: number) => ({
  lastPosition: {
    at: new Date(NOW - minutes * 60_000).toISOString(),
    accuracyMetres: null,
    position: { lat: 0, lon: 0 },
  },
});

it('knows where somebody is for two minutes, and calls ten of silence absence', () => {
  expect(standing(seen(1), NOW)).toBe('here');
  expect(standing(seen(3), NOW)).toBe('stale');
  expect(standing(seen(11), NOW)).toBe('ghost');
  expect(standing({ lastPosition: null }, NOW)).toBe('ghost');
});

it('shortens a name to what a sign has room for', () => {
  expect([short('队员 07'), short('Officer 112'), short('张三丰')]).toEqual(['07', '112', '三丰']);
});
