import { expect, test } from 'vitest';
import type { Item, ItemState, Order } from '../store/database';
import { about, actId, left, levelOf, standing, type Step } from './steps';

const order = (more: Partial<Order> = {}): Order => ({
  id: 'o',
  number: '021',
  incidentId: 'i',
  text: '到南广场',
  priority: 'URGENT',
  state: 'OPEN',
  stage: 'SEEN',
  takenByOther: false,
  nobodyNext: false,
  reassignedBecause: null,
  acceptWithinSeconds: 60,
  createdAt: '2027-02-13T04:11:00Z',
  endedAt: null,
  incident: { number: '1', title: '客流', place: null, kind: 'CROWD', exercise: false },
  ...more,
});
const did = (step: Step | 'declined', state: ItemState = 'phone') =>
  ({ kind: `order.${step}`, body: { orderId: 'o' }, state }) as unknown as Item;
const stands = (more: Partial<Order> = {}, ...items: Item[]) => standing(order(more), items);

test('what was done on the phone counts at once, and what was refused does not', () => {
  expect(stands().next).toBe('accepted');
  expect(stands({}, did('accepted')).next).toBe('enRoute');
  expect(stands({}, did('accepted'), did('enRoute', 'sending')).next).toBe('arrived');
  expect(stands({}, did('accepted', 'refused')).next).toBe('accepted');
  expect(stands({ stage: 'ARRIVED' }).next).toBe('done');
  expect(stands({ stage: 'ARRIVED' }, did('done')).over).toBe('done');
});

test('it can be declined until it is accepted', () => {
  expect(stands().declinable).toBe(true);
  expect(stands({ stage: 'ACCEPTED' }).declinable).toBe(false);
  expect(stands({}, did('declined')).over).toBe('declined');
  expect(stands({ stage: 'ACCEPTED' }, did('declined')).over).toBeNull();
});

test('an order that somebody else has, or that is off, offers nothing', () => {
  expect(stands({ stage: 'ESCALATED', takenByOther: true }).over).toBe('taken');
  expect(stands({ state: 'CANCELLED', stage: 'CANCELLED' }, did('accepted')).over).toBe(
    'cancelled',
  );
  expect(stands({ stage: 'CANCELLED', reassignedBecause: '太远' }).over).toBe('reassigned');
  expect(stands({ state: 'COMPLETED' }).over).toBe('completed');
});

test('one that went on to somebody who has not accepted can still be accepted', () => {
  const passed = stands({ stage: 'ESCALATED' });
  expect([passed.next, passed.passedOn, passed.over]).toEqual(['accepted', true, null]);
});

test('the level says whether the officer must act now', () => {
  expect(levelOf(order(), stands())).toBe('act');
  expect(levelOf(order({ priority: 'ROUTINE' }), stands())).toBe('caution');
  expect(levelOf(order(), stands({}, did('accepted')))).toBe('urgent');
  expect(levelOf(order(), stands({ stage: 'DONE' }))).toBe('normal');
});

test('the time to accept is counted by the hub, not by the phone', () => {
  expect(left(order(), Date.parse('2027-02-13T04:11:24Z'))).toBe(36_000);
  expect(actId('order.seen', 'o', 'officer1')).toBe('order.seen:o:officer1');
});

test('an order that comes back is a new one: what was done of it before does not count', () => {
  const again = { stage: 'QUEUED', round: 2, askedAt: '2027-02-13T04:21:00Z' };
  const before = [did('accepted'), did('arrived')];
  expect(stands(again, ...before)).toMatchObject({ reached: null, next: 'accepted', over: null });
  const now = { ...did('accepted'), body: about(order(again)) } as unknown as Item;
  expect(now.body).toEqual({ orderId: 'o', round: 2 });
  expect(stands(again, ...before, now).next).toBe('enRoute');
  expect(left(order(again), Date.parse('2027-02-13T04:21:24Z'))).toBe(36_000);
  expect(actId('order.accepted', 'o', 'officer1', 2)).toBe('order.accepted:o:officer1:2');
  expect(about(order())).toEqual({ orderId: 'o' });
});
