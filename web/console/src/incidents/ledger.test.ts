import { expect, test } from 'vitest';
import type { LedgerChannel, Stage } from '$shared/gql/generated';
import {
  allLost,
  branches,
  handedOn,
  holding,
  line,
  steps,
  stillLost,
  tally,
  tapped,
  type IncidentNode,
  type RecipientNode,
} from './ledger';

const START = Date.parse('2027-02-12T20:11:00Z');
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();

function recipient(id: string, stages: [Stage, number][], more = {}): RecipientNode {
  const entries = stages.map(([stage, seconds]) => ({
    stage,
    at: at(seconds),
    channel: 'FCM' as LedgerChannel,
    note: null,
    deviceAt: null,
  }));
  return {
    stage: stages.at(-1)?.[0] ?? 'QUEUED',
    nextStepAt: null,
    nobodyNext: false,
    reassignedBecause: null,
    round: 1,
    unwoken: false,
    escalatedFrom: null,
    escalatedFromRound: 1,
    officer: { id, login: id, zh: id, en: id, unit: null },
    entries,
    ...more,
  };
}
const looks = (one: RecipientNode, seconds: number) =>
  line(one, START + seconds * 1000)
    .map(({ look }) => look)
    .join(' ');

test('what was reached is ok, where it stands runs, the rest is to come', () => {
  const one = recipient('a', [
    ['QUEUED', 0],
    ['SENT', 0],
    ['RECEIVED', 1],
    ['SEEN', 6],
    ['ACCEPTED', 14],
  ]);
  expect(looks(one, 20)).toBe('ok ok ok ok here todo todo');
  const [, , , , here] = line(one, START);
  expect(here?.since).toBe(at(14));
  expect(here?.until).toBeNull();
});

test('who has to accept is timed there, and late when the time is over', () => {
  const stages: [Stage, number][] = [
    ['QUEUED', 0],
    ['SENT', 0],
    ['RECEIVED', 1],
  ];
  const one = recipient('a', stages, { nextStepAt: at(60) });
  expect(looks(one, 30)).toBe('ok ok miss here todo todo todo');
  expect(looks(one, 61)).toBe('ok ok miss over todo todo todo');
  expect(looks(recipient('b', [['QUEUED', 0]], { nextStepAt: at(60) }), 1)).toBe(
    'miss miss miss here todo todo todo',
  );
});

test('what ends without being done says so where it stopped', () => {
  const escalated = recipient('a', [
    ['SENT', 0],
    ['ESCALATED', 60],
  ]);
  expect(looks(escalated, 90)).toBe('ok miss miss end todo todo todo');
  expect(line(escalated, START)[3]?.at).toBe(at(60));
  const cancelled = recipient('b', [
    ['SENT', 0],
    ['ACCEPTED', 5],
    ['EN_ROUTE', 9],
    ['CANCELLED', 20],
  ]);
  expect(looks(cancelled, 30)).toBe('ok past past ok ok end todo');
});

test('what is done has nothing to come, also where steps were left out', () => {
  const done = recipient('a', [
    ['SENT', 0],
    ['ACCEPTED', 5],
    ['DONE', 9],
  ]);
  expect(looks(done, 10)).toBe('ok past past ok past past ok');
});

test('who was asked in a place stands behind whose place it was, whatever the order', () => {
  const from = (id: string) => ({ escalatedFrom: { id } });
  const all = [
    recipient('a', []),
    recipient('b', []),
    recipient('a1', [], from('a')),
    recipient('a2', [], from('a1')),
    recipient('c', [], from('unseen')),
  ];
  const found = branches(all).map(({ recipient: { officer }, depth }) => `${officer?.id}${depth}`);
  expect(found).toEqual(['a0', 'a11', 'a22', 'b0', 'c0']);
  const circle = [recipient('x', [], from('y')), recipient('y', [], from('x'))];
  expect(branches(circle)).toHaveLength(2);
});

test('a tally counts what was reached, also by those who are further', () => {
  const all = [
    recipient('a', [
      ['RECEIVED', 1],
      ['ACCEPTED', 2],
      ['ARRIVED', 3],
    ]),
    recipient('b', [['ESCALATED', 60]]),
  ];
  expect(tally(all)).toMatchObject({
    asked: 2,
    delivered: 1,
    accepted: 1,
    arrived: 1,
    escalated: 1,
  });
});

test('a tally counts people: who was asked twice is one of them', () => {
  const first = recipient('a', [['RECEIVED', 1]], { reassignedBecause: '距离较远' });
  const between = recipient('b', [['ESCALATED', 60]], { escalatedFrom: { id: 'a' } });
  const again = recipient('a', [['RECEIVED', 70]], { escalatedFrom: { id: 'b' }, round: 2 });
  expect(tally([first, between, again])).toMatchObject({ asked: 2, delivered: 1, escalated: 1 });
  expect(handedOn(first)).toEqual(['改派自', 'reassigned from']);
  expect(handedOn(between)).toEqual(['升级自', 'escalated from']);
  const unseen = recipient('c', [['RECEIVED', 1]], { officer: null });
  expect(tally([unseen, { ...unseen }])).toMatchObject({ asked: 2, delivered: 2 });
});

test('an incident has come as far as the first who came so far', () => {
  const order = {
    createdAt: at(5),
    recipients: [recipient('a', [['ACCEPTED', 30]]), recipient('b', [['ACCEPTED', 20]])],
  };
  const incident = { openedAt: at(0), closedAt: null, orders: [order] } as unknown as IncidentNode;
  expect(steps(incident).map((step) => step.at)).toEqual([at(0), at(5), at(20), null, null]);
});

test('what was gone past was no later than what was told behind it', () => {
  const one = recipient('a', [
    ['QUEUED', 0],
    ['RECEIVED', 2],
    ['ACCEPTED', 5],
  ]);
  const [sent, received, seen, accepted] = line(one, START + 10_000);
  expect([sent?.at, sent?.look]).toEqual([at(2), 'past']);
  expect(received?.look).toBe('ok');
  expect([seen?.at, seen?.look]).toEqual([at(5), 'past']);
  expect(accepted?.look).toBe('ok');
});

test('a part is lost until somebody of its chain has taken it, however late', () => {
  const end: [Stage, number][] = [['ESCALATED', 60]];
  const late: [Stage, number][] = [...end, ['ACCEPTED', 90]];
  const nobody = { nobodyNext: true };
  const alone = recipient('a', end, nobody);
  const behind = recipient('b1', end, { ...nobody, escalatedFrom: { id: 'b' } });
  const lost = (...all: RecipientNode[]) => [...allLost(all)].map(({ officer }) => officer?.id);
  expect(lost(alone, recipient('b', end), behind)).toEqual(['a', 'b1']);
  expect(lost(recipient('a', late, nobody))).toEqual([]);
  expect(lost(recipient('b', late), behind)).toEqual([]);
  expect(lost(recipient('a', [['CANCELLED', 70]], nobody))).toEqual([]);
});

test('where chains are not known no part is lost once each was accepted after all', () => {
  const last = recipient('b', [['ESCALATED', 60]], { nobodyNext: true });
  expect(stillLost({ exhaustedAt: at(60) }, last)).toBe(true);
  expect(stillLost({ exhaustedAt: null }, last)).toBe(false);
  expect(stillLost({ exhaustedAt: at(60) }, recipient('a', [['ACCEPTED', 90]]))).toBe(false);
});

test('a tap that the hub heard of much later is told with its own time', () => {
  const entry = (deviceAt: string | null) => ({
    stage: 'ACCEPTED' as Stage,
    at: at(960),
    deviceAt,
    channel: 'ACTIONS' as LedgerChannel,
    note: null,
  });
  expect(tapped(entry(at(0)))).toBe(at(0));
  expect(tapped(entry(at(950)))).toBeNull();
  expect(tapped(entry(at(2000)))).toBeNull();
  expect(tapped(entry(null))).toBeNull();
});

test('who is asked again has a line of their own, behind whom it came back from', () => {
  const first = recipient('a', [['CANCELLED', 5]], { reassignedBecause: '距离较远' });
  const between = recipient('b', [['CANCELLED', 9]], { escalatedFrom: { id: 'a' } });
  const again = recipient('a', [['QUEUED', 9]], { escalatedFrom: { id: 'b' }, round: 2 });
  const shown = branches([again, between, first]);
  expect(shown.map(({ recipient: one, depth }) => [one, depth])).toEqual([
    [first, 0],
    [between, 1],
    [again, 2],
  ]);
  expect(holding([first, between, again])).toEqual(['a']);
});

test('who gave it back, or was passed over, can be given it again; whose part is lost cannot', () => {
  const gone = recipient('a', [['CANCELLED', 5]], { reassignedBecause: '距离较远' });
  const passed = recipient('b', [['ESCALATED', 60]], { escalatedFrom: { id: 'a' } });
  const last = recipient('c', [['ESCALATED', 90]], {
    escalatedFrom: { id: 'b' },
    nobodyNext: true,
  });
  expect(holding([gone, passed, last])).toEqual(['c']);
});
