import 'fake-indexeddb/auto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Database } from '../store/database';
import { events } from './events';
import { Sync, type Page } from './sync';

let number = 0;
let db: Database;
const order = (id: string) => ({ entity: 'order', op: 'upsert', data: { id } }) as const;
const gone = (id: string) => ({ entity: 'order', op: 'remove', data: { id } }) as const;
const page = (nextCursor: string, changes: Page['changes'], more: Partial<Page> = {}): Page => ({
  changes,
  nextCursor,
  limited: false,
  reset: false,
  ...more,
});
/** Answers in their order, and what each was asked from. */
const told = (...pages: Page[]) => {
  const asked: (string | null)[] = [];
  const sync = new Sync(db, async (_account, since) => {
    asked.push(since);
    return pages.shift() ?? page(since ?? '0', []);
  });
  return { sync, asked };
};
const ids = async () => (await db.things.toArray()).map(({ id }) => id).sort();

beforeEach(() => {
  db = new Database(`sync-${number++}`);
});
afterEach(() => db.delete());

test('a snapshot replaces what was held, changes follow, and the cursor goes with them', async () => {
  const { sync, asked } = told(
    page('1', [order('a'), order('b')], { reset: true }),
    page('2', [order('c'), gone('a')], { limited: true }),
    page('3', [order('d')]),
    page('9', [order('z')], { reset: true }),
  );
  expect((await sync.pull('officer1')).map(({ id }) => id)).toEqual(['a', 'b']);
  expect((await sync.pull('officer1')).map(({ id }) => id)).toEqual(['c', 'd']);
  expect(await ids()).toEqual(['b', 'c', 'd']);
  await sync.pull('officer1');
  expect(await ids()).toEqual(['z']);
  expect(asked).toEqual([null, '1', '2', '3']);
});

test("a snapshot of one account leaves another's alone", async () => {
  const { sync } = told(page('1', [order('a')], { reset: true }), page('7', [], { reset: true }));
  await sync.pull('officer1');
  await sync.pull('officer2');
  expect(await ids()).toEqual(['a']);
  expect(await db.cursors.count()).toBe(2);
});

test('a page that another tab has overtaken is asked for anew', async () => {
  const { sync, asked } = told(page('1', [], { reset: true }), page('2', [order('old')]));
  await sync.pull('officer1');
  let overtaken = false;
  const slow = new Sync(db, async (_account, since) => {
    asked.push(since);
    if (!overtaken) await db.cursors.put({ account: 'officer1', cursor: '5' });
    overtaken = true;
    return since === '5' ? page('6', [order('new')]) : page('2', [order('old')]);
  });
  await slow.pull('officer1');
  expect(await ids()).toEqual(['new']);
  expect(asked).toEqual([null, '1', '5']);
});

test('what the phone has no room for is held in the tab, and stored when there is room', async () => {
  const { sync, asked } = told(
    page('1', [order('a')], { reset: true }),
    page('2', [order('b')]),
    page('3', [order('c')]),
  );
  await sync.pull('officer1');
  const spoil = () => {
    throw new DOMException('full', 'QuotaExceededError');
  };
  db.things.hook('creating', spoil);
  expect((await sync.pull('officer1')).map(({ id }) => id)).toEqual(['b']);
  expect([...sync.unsaved.values()].map(({ id }) => id)).toEqual(['b']);
  db.things.hook('creating').unsubscribe(spoil);
  await sync.pull('officer1');
  expect(await ids()).toEqual(['a', 'b', 'c']);
  expect(sync.unsaved.size).toBe(0);
  expect(asked).toEqual([null, '1', '2']);
});

test('events come whole, however the stream is cut', async () => {
  const text =
    'retry: 2000\n\n: heartbeat\n\nid: 4\nevent: change\ndata: {"a":"出"}\n\nevent: closed\n';
  const bytes = new TextEncoder().encode(text);
  const body = new ReadableStream<Uint8Array>({
    start(control) {
      for (const byte of bytes) control.enqueue(Uint8Array.of(byte));
      control.close();
    },
  });
  const found = [];
  for await (const one of events(body)) found.push(one);
  expect(found).toEqual([
    { event: '', data: '' },
    { event: '', data: '' },
    { event: 'change', data: '{"a":"出"}' },
  ]);
});
