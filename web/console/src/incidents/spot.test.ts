import { expect, test } from 'vitest';
import { spotOf } from './spot';

test('a position is read however it is parted', () => {
  const spot = { lat: 31.25, lon: 121.45 };
  for (const text of ['31.25,121.45', ' 31.25， 121.45 ', '31.25 121.45']) {
    expect(spotOf(text)).toEqual(spot);
  }
});

test('nothing is no position, and what is none is told from it', () => {
  expect(spotOf('  ')).toBeNull();
  for (const text of ['31.25', '31.25, x', '91, 0', '0, 181', '1,2,3']) {
    expect(spotOf(text)).toBeUndefined();
  }
});
