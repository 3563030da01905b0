import 'fake-indexeddb/auto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HubError } from '$shared/hub/errors';
import { Database, type Item } from '../store/database';
import { Outbox, type Reply } from './outbox';

type Sent = { id: string; kind: string; at: string };

/** A hub that does each id once, and fails as it is told to. */
class Hub {
  readonly done: string[] = [];
  readonly calls: string[][] = [];
  refused = new Set<string>();
  fails: (ids: string[]) => HubError | null = () => null;
  lost = 0;

  send = async (_account: string, actions: Sent[]): Promise<Reply> => {
    const ids = actions.map(({ id }) => id);
    this.calls.push(ids);
    const fault = this.fails(ids);
    if (fault) throw fault;
    const results = ids.map((id) => this.#judge(id));
    if (this.lost-- > 0) throw new HubError('OFFLINE', 'the answer was lost');
    return { results };
  };

  #judge(id: string): Reply['results'][number] {
    const of = { id, code: null, message: null };
    if (this.refused.has(id))
      return { ...of, status: 'rejected', code: 'INVALID', message: '标题无效 / No title.' };
    if (this.done.includes(id)) return { ...of, status: 'duplicate' };
    this.done.push(id);
    return { ...of, status: 'applied' };
  }
}

let number = 0;
let db: Database;
let hub: Hub;
let now = 1_000;
const alone = { now: () => now, oneTab: (work: () => Promise<void>) => work() };
const open = () => new Outbox(db, hub.send, alone);
const act = (id: string) => ({ id, kind: 'order.accepted', body: { orderId: 'o' }, about: '021' });
const states = async () =>
  Object.fromEntries((await db.outbox.toArray()).map(({ id, state }) => [id, state]));
const full = () => new DOMException('full', 'QuotaExceededError');

beforeEach(() => {
  db = new Database(`outbox-${number++}`);
  hub = new Hub();
});
afterEach(() => db.delete());

test('what was done goes in its order, and each gets its receipt', async () => {
  const outbox = open();
  for (const id of ['a', 'b', 'c']) await outbox.add('officer1', act(id));
  expect(await states()).toEqual({ a: 'phone', b: 'phone', c: 'phone' });
  await outbox.drain('officer1');
  expect(hub.calls).toEqual([['a', 'b', 'c']]);
  expect(await states()).toEqual({ a: 'hub', b: 'hub', c: 'hub' });
});

test('without the hub it stays, and an answer that was lost does nothing twice', async () => {
  const outbox = open();
  await outbox.add('officer1', act('a'));
  hub.lost = 1;
  await outbox.drain('officer1');
  expect(await states()).toEqual({ a: 'phone' });
  await outbox.drain('officer1');
  expect(hub.done).toEqual(['a']);
  expect(await states()).toEqual({ a: 'hub' });
});

test('a tab killed while it sent leaves a thing that the next one sends', async () => {
  await open().add('officer1', act('a'));
  await db.outbox.where('id').equals('a').modify({ state: 'sending' });
  await open().drain('officer1');
  expect(await states()).toEqual({ a: 'hub' });
});

test('one that is refused says why and blocks nothing; it can go again', async () => {
  const outbox = open();
  hub.refused.add('b');
  for (const id of ['a', 'b', 'c']) await outbox.add('officer1', act(id));
  await outbox.drain('officer1');
  expect(await states()).toEqual({ a: 'hub', b: 'refused', c: 'hub' });
  const [bad] = await db.outbox.where('id').equals('b').toArray();
  expect(bad?.why).toEqual({ code: 'INVALID', message: '标题无效 / No title.' });
  hub.refused.clear();
  await outbox.retry('b');
  await outbox.drain('officer1');
  expect(await states()).toEqual({ a: 'hub', b: 'hub', c: 'hub' });
});

test('six of which each spoils a whole call do not block what stands behind them', async () => {
  const outbox = open();
  const bad = ['1', '2', '3', '4', '5', '6'];
  hub.fails = (ids) =>
    ids.some((id) => bad.includes(id)) ? new HubError('RETRY_LATER', 'not now') : null;
  for (const id of [...bad, 'x', 'y']) await outbox.add('officer1', act(id));
  await outbox.drain('officer1');
  await outbox.drain('officer1');
  const found = await states();
  expect([found.x, found.y]).toEqual(['hub', 'hub']);
  expect(found['1']).toBe('phone');
});

test('one that no call can carry is refused by itself', async () => {
  const outbox = open();
  hub.fails = (ids) => (ids.includes('big') ? new HubError('TOO_LARGE', 'too large') : null);
  for (const id of ['a', 'big', 'c']) await outbox.add('officer1', act(id));
  await outbox.drain('officer1');
  expect(await states()).toEqual({ a: 'hub', big: 'refused', c: 'hub' });
});

test('a session that has ended sends nothing and loses nothing', async () => {
  const outbox = open();
  hub.fails = () => new HubError('UNAUTHENTICATED', '');
  for (const id of ['a', 'b']) await outbox.add('officer1', act(id));
  await outbox.drain('officer1');
  expect(hub.calls).toHaveLength(1);
  expect(await states()).toEqual({ a: 'phone', b: 'phone' });
});

test("one account's things are neither sent nor counted as another's", async () => {
  const outbox = open();
  await outbox.add('officer1', act('a'));
  await outbox.add('officer2', act('b'));
  await outbox.drain('officer2');
  expect(hub.done).toEqual(['b']);
  expect([...(await outbox.waiting())]).toEqual([['officer1', 1]]);
});

test('the same act is taken once, however often the button was pressed', async () => {
  const outbox = open();
  await Promise.all([outbox.add('officer1', act('a')), outbox.add('officer1', act('a'))]);
  await outbox.drain('officer1');
  await outbox.add('officer1', act('a'));
  await outbox.drain('officer1');
  expect(hub.done).toEqual(['a']);
  expect(await db.outbox.count()).toBe(1);
  expect(outbox.unsaved).toEqual([]);
});

test('a second tab leaves the sending to the first', async () => {
  let held = false;
  const oneTab = async (work: () => Promise<void>) => {
    if (held) return;
    held = true;
    await work();
    held = false;
  };
  const [one, two] = [0, 1].map(() => new Outbox(db, hub.send, { ...alone, oneTab }));
  await one?.add('officer1', act('a'));
  await Promise.all([one?.drain('officer1'), two?.drain('officer1')]);
  expect(hub.calls).toEqual([['a']]);
});

test('a full phone keeps what is there, says so, and sends the rest all the same', async () => {
  const outbox = open();
  await outbox.add('officer1', act('kept'));
  db.outbox.hook('creating', () => {
    throw full();
  });
  await outbox.add('officer1', act('new'));
  expect(outbox.unsaved.map(({ id }) => id)).toEqual(['new']);
  expect(await states()).toEqual({ kept: 'phone' });
  await outbox.drain('officer1');
  expect(hub.done).toEqual(['kept', 'new']);
  expect(outbox.unsaved.map(({ state }) => state)).toEqual(['hub']);
});

test('a receipt that cannot be stored leaves the thing, which is done once all the same', async () => {
  const outbox = open();
  await outbox.add('officer1', act('a'));
  const spoil = () => {
    throw full();
  };
  db.outbox.hook('updating', spoil);
  await outbox.drain('officer1');
  expect(await states()).toEqual({ a: 'phone' });
  db.outbox.hook('updating').unsubscribe(spoil);
  await outbox.drain('officer1');
  expect(hub.done).toEqual(['a']);
  expect(await states()).toEqual({ a: 'hub' });
});

test('receipts go by themselves after three days', async () => {
  const outbox = open();
  await outbox.add('officer1', act('old'));
  await outbox.drain('officer1');
  now += 4 * 24 * 3_600_000;
  await outbox.add('officer1', act('new'));
  await outbox.drain('officer1');
  expect(await states()).toEqual({ new: 'hub' });
});

test('what waits is written together with what belongs to it, or not at all', async () => {
  const outbox = open();
  const draft = { id: 'd', account: 'officer1' } as never;
  await db.drafts.add(draft);
  await outbox.add('officer1', act('d'), () => db.drafts.delete('d'));
  expect([await db.drafts.count(), await db.outbox.count()]).toEqual([0, 1]);
  await db.drafts.add(draft);
  await outbox.add('officer1', act('e'), () => {
    throw full();
  });
  expect([await db.drafts.count(), await db.outbox.count()]).toEqual([1, 1]);
  expect(outbox.unsaved.map((item: Item) => item.id)).toEqual(['e']);
});
