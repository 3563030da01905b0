import { Route } from '$shared/hub/route.svelte';
import { Session } from '$shared/hub/session.svelte';
import { clock } from '$shared/hub/clock.svelte';
import { alert, newOrder, takenBack } from './alert.svelte';
import { Positions } from './duty/positions.svelte';
import { Link } from './link.svelte';
import { Attachments, type Standing } from './reports/attachments';
import { Mobile } from './mobile';
import { Outbox, type Act, type Reply } from './outbox/outbox';
import { Database, type Order } from './store/database';
import { Sync, type Page } from './sync/sync';
import { Who } from './who.svelte';

const BASE = '/app/';
const UNSEEN = new Set(['QUEUED', 'SENT', 'RECEIVED']);

export const route = new Route(BASE);
export const session = new Session(BASE);
export const mobile = new Mobile(session);
export const db = new Database();

/** One tab at a time; what finds it taken does nothing. */
const oneTab =
  (name: string) =>
  (work: () => Promise<void>): Promise<void> =>
    navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
      if (lock) await work();
    });

export const outbox = new Outbox(
  db,
  async (account, actions) =>
    (await mobile.call<Reply>(account, 'POST', 'actions', { actions })).data,
  { now: () => clock.read(), oneTab: oneTab('liandong.outbox') },
);

export const sync = new Sync(db, async (account, since) => {
  const query = since === null ? '' : `?since=${encodeURIComponent(since)}`;
  return (await mobile.call<Page>(account, 'GET', `sync${query}`)).data;
});

export const attachments = new Attachments(
  db,
  {
    begin: async (account, id, size, sha256) =>
      (await mobile.call<Standing>(account, 'POST', 'attachments', { id, size, sha256 })).data,
    part: async (account, id, offset, bytes) =>
      (
        await mobile.call<Standing>(account, 'PATCH', `attachments/${id}`, bytes, {
          'content-type': 'application/offset+octet-stream',
          'upload-offset': String(offset),
        })
      ).data,
  },
  oneTab('liandong.photos'),
);

export const who = new Who(session);
export const positions = new Positions(db, mobile);

export const link = new Link(session, mobile, {
  pull: (account) => sync.pull(account),
  drain: (account) => outbox.drain(account),
  since: (account) => sync.since(account),
  fresh: (orders) => greet(orders),
  after: (account) => void attachments.sendAll(account),
  asked: (refused) => (refused?.code === 'UNAUTHENTICATED' ? who.out() : who.see()),
});

/** Do something: it is on this phone before anything else happens, and on its way at once. */
export async function act(
  account: string,
  what: Act,
  beside?: () => Promise<unknown>,
): Promise<void> {
  await outbox.add(account, what, beside);
  link.kick();
}

/** Orders that were not here before are heard, and so is that one was taken back. */
async function greet(orders: Order[]): Promise<void> {
  const first =
    orders.find(({ state, stage }) => state === 'OPEN' && UNSEEN.has(stage)) ??
    orders.find(({ stage }) => stage === 'CANCELLED');
  if (!first) return;
  const words = first.stage === 'CANCELLED' ? takenBack() : newOrder();
  await alert.call(words, first.number, `orders/${first.id}`);
}
