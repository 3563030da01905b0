import { expect, test } from 'vitest';
import { natural } from './natural';

test('numbers in names are ordered as numbers, and Chinese names by their sound', () => {
  expect(['officer10', 'officer2', 'officer1'].sort(natural)).toEqual([
    'officer1',
    'officer2',
    'officer10',
  ]);
  expect(['队员 10', '队员 2', '安检 1'].sort(natural)).toEqual(['安检 1', '队员 2', '队员 10']);
});
