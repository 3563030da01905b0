import { expect, test } from 'vitest';
import { found } from './palette';

const choice = (zh: string, en: string) => ({ words: [zh, en] as const, run: () => undefined });
const CHOICES = [
  choice('态势', 'Situation'),
  choice('事件', 'Incidents'),
  choice('退出登录', 'Sign out'),
];
const names = (text: string) => found(CHOICES, text).map(({ words }) => words[1]);

test('what is typed is found in either language, what begins with it first', () => {
  expect(names('')).toEqual(['Situation', 'Incidents', 'Sign out']);
  expect(names('事')).toEqual(['Incidents']);
  expect(names('si')).toEqual(['Situation', 'Sign out']);
  expect(names('out SIGN')).toEqual(['Sign out']);
  expect(names('nothing')).toEqual([]);
});
