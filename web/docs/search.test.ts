import { expect, test } from 'vitest';
import { found, type Entry } from './search';

const ENTRIES: Entry[] = [
  { u: '/docs/live', zh: '实时订阅', en: 'Live queries', h: '' },
  {
    u: '/docs/live#events-and-cursors',
    zh: '实时订阅',
    en: 'Live queries',
    h: 'Events and cursors',
  },
  { u: '/docs/http#live', zh: 'HTTP 约定', en: 'HTTP', h: 'What is live' },
];

test('pages come before headings, and a heading says of which page it is', () => {
  expect(found(ENTRIES, 'LIVE', 'en')).toEqual([
    { address: '/docs/live', heading: 'Live queries', page: '' },
    { address: '/docs/http#live', heading: 'What is live', page: 'HTTP' },
  ]);
});

test('every word counts, one of them in the heading itself, in either language', () => {
  expect(found(ENTRIES, 'live cursor', 'zh')).toEqual([
    { address: '/docs/live#events-and-cursors', heading: 'Events and cursors', page: '实时订阅' },
  ]);
  expect(found(ENTRIES, '订阅', 'en').map((hit) => hit.address)).toEqual(['/docs/live']);
  expect(found(ENTRIES, 'live nothing', 'en')).toEqual([]);
  expect(found(ENTRIES, '  ', 'en')).toEqual([]);
});
