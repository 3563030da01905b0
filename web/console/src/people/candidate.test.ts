import { expect, test } from 'vitest';
import { byUse, matches, reachable, type Candidate } from './candidate';

function person(login: string, reach: Partial<NonNullable<Candidate['reach']>> = {}): Candidate {
  return {
    id: login,
    login,
    zh: `队员 ${login}`,
    en: `Officer ${login}`,
    post: null,
    onDutySince: null,
    unit: { code: 'RPS', zh: '铁路派出所', en: 'Railway police' },
    reach: {
      wakeable: false,
      listening: false,
      heardAt: null,
      openOrders: 0,
      locatedAt: null,
      distanceMetres: null,
      ...reach,
    },
  };
}

test('the nearest comes first, then who can be reached, then who has least to do', () => {
  const people = [
    person('d', { wakeable: true, openOrders: 2 }),
    person('e'),
    person('b', { distanceMetres: 900, wakeable: true }),
    person('c', { listening: true }),
    person('a', { distanceMetres: 40 }),
  ];
  expect(people.sort(byUse).map(({ login }) => login)).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('a phone that listens is reached without a push; nobody without a phone is', () => {
  expect(reachable(person('a', { listening: true }))).toBe(true);
  expect(reachable(person('a', { wakeable: true }))).toBe(true);
  expect(reachable(person('a'))).toBe(false);
  expect(reachable({ ...person('a'), reach: null })).toBe(false);
});

test('somebody is found by name in both languages, account and unit, spaces or not', () => {
  for (const text of ['队员07', '队员 07', 'officer07', 'OFFICER 07', '铁路', '', '07']) {
    expect(matches(person('07'), text)).toBe(true);
  }
  expect(matches(person('07'), '08')).toBe(false);
});
