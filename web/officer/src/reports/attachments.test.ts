import 'fake-indexeddb/auto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HubError } from '$shared/hub/errors';
import { Database, type Photo } from '../store/database';
import { Attachments, type Standing, type Uploads } from './attachments';

const SIZE = 600_000;
let number = 0;
let db: Database;
let hub: FakeUploads;

class FakeUploads implements Uploads {
  readonly here = new Map<string, number>();
  readonly asked: string[] = [];
  fault: { at: string; code: string } | null = null;
  begin = async (account: string, id: string, _size: number, sha256: string) => {
    this.#fail(`begin ${id}`);
    this.asked.push(`${account} ${id} ${sha256.length}`);
    return this.#standing(id);
  };
  part = async (_account: string, id: string, offset: number, bytes: Blob) => {
    this.#fail(`part ${id} ${offset}`);
    expect(offset).toBe(this.here.get(id) ?? 0);
    this.here.set(id, offset + bytes.size);
    return this.#standing(id);
  };
  #standing(id: string): Standing {
    const offset = this.here.get(id) ?? 0;
    return { state: offset === SIZE ? 'READY' : 'RECEIVING', offset };
  }
  #fail(at: string): void {
    if (this.fault?.at === at) throw new HubError(this.fault.code, '为什么 / why');
  }
}

const photo = (id: string, more: Partial<Photo> = {}): Photo => ({
  id,
  account: 'officer1',
  owner: 'report',
  blob: new Blob([new Uint8Array(SIZE)]),
  taken: Number(id),
  given: true,
  why: null,
  ...more,
});
const open = () => new Attachments(db, hub, (work) => work());
const left = async () => (await db.photos.toArray()).map(({ id, why }) => [id, why?.code ?? null]);

beforeEach(() => {
  db = new Database(`photos-${number++}`);
  hub = new FakeUploads();
});
afterEach(() => db.delete());

test('a photograph is let go when the hub has all of it', async () => {
  await db.photos.bulkAdd([photo('1'), photo('2')]);
  await open().sendAll('officer1');
  expect(hub.asked).toEqual(['officer1 1 64', 'officer1 2 64']);
  expect(await left()).toEqual([]);
});

test('after a cut it goes on from what is there', async () => {
  await db.photos.add(photo('1'));
  hub.fault = { at: 'part 1 262144', code: 'OFFLINE' };
  await open().sendAll('officer1');
  expect(await left()).toEqual([['1', null]]);
  hub.fault = null;
  await open().sendAll('officer1');
  expect(hub.here.get('1')).toBe(SIZE);
  expect(await left()).toEqual([]);
});

test('one that is refused stays with its reason and holds up no other', async () => {
  await db.photos.bulkAdd([photo('1'), photo('2')]);
  hub.fault = { at: 'begin 1', code: 'ATTACHMENT_TYPE' };
  await open().sendAll('officer1');
  expect(await left()).toEqual([['1', 'ATTACHMENT_TYPE']]);
});

test('one of a draft, and one of another account, are not sent', async () => {
  await db.photos.bulkAdd([photo('1', { given: false }), photo('2', { account: 'officer2' })]);
  const photos = open();
  await photos.sendAll('officer1');
  expect(hub.asked).toEqual([]);
  await photos.give('report');
  await photos.sendAll('officer1');
  expect(hub.asked).toEqual(['officer1 1 64']);
});
