import { expect, it } from 'vitest';
import type { Stage } from '$shared/gql/generated';
import { holding, type Order, pressing, reached, stops, waitingFor } from './orders';

function order(...stages: Stage[]): Order {
  return {
    id: 'o',
    number: '20270213-001-1',
    text: '暂停放行',
    priority: 'URGENT',
    createdAt: '2027-02-12T20:00:00Z',
    acceptWithinSeconds: 60,
    exhaustedAt: null,
    incident: null,
    recipients: stages.map((stage) => ({ stage, nobodyNext: false, officer: null, entries: [] })),
  };
}

it('waits for acceptance, then arrival, then the end', () => {
  expect(waitingFor(order('SEEN', 'ARRIVED'))).toEqual({ stage: 'ACCEPTED', limit: 60 });
  expect(waitingFor(order('EN_ROUTE', 'ARRIVED'))).toEqual({ stage: 'ARRIVED', limit: 180 });
  expect(waitingFor(order('ARRIVED', 'DONE'))).toEqual({ stage: 'DONE', limit: 300 });
});

it('counts nobody whose part another has', () => {
  const people = holding(order('ESCALATED', 'DECLINED', 'ACCEPTED'));
  expect(people).toHaveLength(1);
  expect(reached(people, 'ACCEPTED')).toBe(1);
});

it('must be acted on when nobody took it in time, or nobody is left to ask', () => {
  expect(pressing(order('SENT'), 60)).toBe('normal');
  expect(pressing(order('SENT'), 61)).toBe('act');
  expect(pressing(order('ACCEPTED'), 200)).toBe('urgent');
  expect(pressing({ ...order('SENT'), exhaustedAt: '2027-02-12T20:00:05Z' }, 5)).toBe('act');
});

it('marks where a stage was first reached', () => {
  const given = order('ARRIVED', 'ACCEPTED');
  const entry = (seconds: number, stage: Stage) => ({
    at: new Date(Date.parse(given.createdAt) + seconds * 1000).toISOString(),
    stage,
  });
  const [first, second] = given.recipients;
  if (first) first.entries = [entry(0, 'QUEUED'), entry(30, 'ACCEPTED'), entry(90, 'ARRIVED')];
  if (second) second.entries = [entry(20, 'ACCEPTED')];
  expect(stops(given)).toEqual([20, 90]);
});
