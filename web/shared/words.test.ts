import { beforeEach, expect, test, vi } from 'vitest';

beforeEach(() => {
  vi.resetModules();
  const kept = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
  vi.stubGlobal('document', { documentElement: {} });
});

test('a word is said in the language that is spoken, also one made of what is given', async () => {
  const { language, words } = await import('./words.svelte');
  const table = words({
    board: ['到发', 'Board'],
    left: (count: number) => [`余 ${count}`, `${count} left`] as const,
  });
  expect([table.board, table.left(3)]).toEqual(['到发', '余 3']);
  language.set('en');
  expect([table.board, table.left(3)]).toEqual(['Board', '3 left']);
  expect(document.documentElement.lang).toBe('en');
});

test('what the hub says in both languages is said in one', async () => {
  const { spoken } = await import('./hub/errors');
  expect(spoken('无此单位 / No unit X.', 'zh')).toBe('无此单位');
  expect(spoken('无此单位 / No unit X.', 'en')).toBe('No unit X.');
  expect(spoken('a / b', 'en')).toBe('a / b');
});
