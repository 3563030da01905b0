import { expect, test } from 'vitest';
import { inOrder, matches, reached, type Watched } from './duty';

const officer = (login: string, unit: string, more: Partial<Watched> = {}): Watched => ({
  id: login,
  login,
  zh: `队员 ${login}`,
  en: null,
  unit: { code: unit, zh: unit, en: null },
  role: 'OFFICER',
  onDuty: true,
  onDutySince: null,
  post: null,
  reach: null,
  ...more,
});

test('people stand by unit, then by the number in their login', () => {
  const people = [officer('officer10', 'B'), officer('officer9', 'B'), officer('z', 'A')];
  expect(people.sort(inOrder).map(({ login }) => login)).toEqual(['z', 'officer9', 'officer10']);
});

test('who has neither an open stream nor a phone that wakes is unreachable', () => {
  const reach = { wakeable: false, listening: false, heardAt: null, openOrders: 0 };
  expect(reached({ reach: null })).toBe('unreachable');
  expect(reached({ reach })).toBe('unreachable');
  expect(reached({ reach: { ...reach, wakeable: true } })).toBe('wakeable');
  expect(reached({ reach: { ...reach, wakeable: true, listening: true } })).toBe('online');
});

test('somebody is found by name, account and post, blanks or not', () => {
  const one = officer('officer7', 'RPS', { zh: '队员 07', post: '北广场' });
  for (const text of ['队员07', 'OFFICER7', '北广', 'rps']) expect(matches(one, text)).toBe(true);
  expect(matches(one, '08')).toBe(false);
});
