import { expect, test } from 'vitest';
import { fromAddress, silent, turned } from './wall';

const at = (seconds: number) => new Date(seconds * 1000).toISOString();

test('a wall that has said nothing for a minute is silent, a new one has its time', () => {
  expect(silent({ heardAt: at(100), approvedAt: at(0) }, 159_000)).toBe(false);
  expect(silent({ heardAt: at(100), approvedAt: at(0) }, 161_000)).toBe(true);
  expect(silent({ heardAt: null, approvedAt: at(100) }, 159_000)).toBe(false);
  expect(silent({ heardAt: null, approvedAt: at(100) }, 161_000)).toBe(true);
});

test('a wall turns its pages, and stops at what is red until it is over', () => {
  const pages = ['MAP_AND_BOARDS', 'TAXIS_AND_PARKING', 'ALARMS_AND_ORDERS'] as const;
  expect(turned(pages, 'MAP_AND_BOARDS', false)).toBe('TAXIS_AND_PARKING');
  expect(turned(pages, 'ALARMS_AND_ORDERS', false)).toBe('MAP_AND_BOARDS');
  expect(turned(pages, 'MAP_AND_BOARDS', true)).toBe('ALARMS_AND_ORDERS');
  expect(turned(pages, 'ALARMS_AND_ORDERS', true)).toBe('ALARMS_AND_ORDERS');
  expect(turned(pages.slice(0, 2), 'MAP_AND_BOARDS', true)).toBe('TAXIS_AND_PARKING');
  expect(turned(['MAP_AND_BOARDS'], 'MAP_AND_BOARDS', false)).toBe('MAP_AND_BOARDS');
});

test('an address may say what is shown', () => {
  expect(fromAddress('')).toBe(null);
  expect(fromAddress('#pages=nothing')).toBe(null);
  expect(fromAddress('#pages=ALARMS_AND_ORDERS,MAP_AND_BOARDS&seconds=10')).toEqual({
    pages: ['ALARMS_AND_ORDERS', 'MAP_AND_BOARDS'],
    turnSeconds: 10,
  });
  expect(fromAddress('#pages=MAP_AND_BOARDS&seconds=1')?.turnSeconds).toBe(20);
});
