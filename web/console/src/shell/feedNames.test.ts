import { expect, it } from 'vitest';
import { feedName, feedNames } from './feedNames';

it('says what a feed brings in both languages, and its code where that is all that is known', () => {
  expect(feedName({ code: 'r', kind: 'siri_et', mode: 'RAIL' })).toEqual(['铁路实况', 'Rail live']);
  expect(feedName({ code: 'w', kind: 'cap', mode: null })).toEqual(['预警', 'Warnings']);
  expect(feedName({ code: 'x-1', kind: 'mapped', mode: null })).toEqual(['x-1', 'x-1']);
});

it('tells two feeds of one kind apart by a number', () => {
  const of = (code: string) => ({ code, kind: 'datex2_parking', mode: 'OTHER' as const });
  const names = feedNames([of('a'), of('b'), { code: 'g', kind: 'gtfs', mode: 'RAIL' }]);
  expect([...names.values()].map(([zh]) => zh)).toEqual(['车位 1', '车位 2', '铁路时刻表']);
});
