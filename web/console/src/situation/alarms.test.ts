import { expect, it, vi } from 'vitest';
import type { Alarm } from './alarms';

vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined });
const { flooded, folds, raisedLately } = await import('./alarms');

function alarm(id: string, given: Partial<Alarm> = {}): Alarm {
  return {
    id,
    kind: 'WAKE_UP_DEAD',
    level: 'CAUTION',
    zh: '呼叫失败',
    en: 'Not woken',
    state: 'ACTIVE',
    message: '',
    nextStep: '',
    place: null,
    raisedAt: `2027-02-12T20:00:0${id}Z`,
    acknowledgedAt: null,
    acknowledgedBy: null,
    shelvedUntil: null,
    shelvedBecause: null,
    shelvedBy: null,
    officer: null,
    incident: null,
    order: null,
    bulletin: null,
    ...given,
  };
}

it('shows who waits for somebody first, then the worst, then the oldest', () => {
  const shown = folds(
    [
      alarm('4', { state: 'ACKNOWLEDGED', kind: 'ORDER_UNANSWERED', level: 'ACT' }),
      alarm('3'),
      alarm('2'),
      alarm('5', { kind: 'ORDER_UNANSWERED', level: 'ACT' }),
    ],
    false,
  );
  expect(shown.map(({ alarms: [first] }) => first.id)).toEqual(['5', '2', '3', '4']);
});

it('folds a flood by cause and place, and drops none', () => {
  const many = [
    alarm('1', { place: '南' }),
    alarm('2', { place: '北' }),
    alarm('3', { place: '南' }),
  ];
  const shown = folds([...many, alarm('4', { kind: 'CLOCK_OFF', level: 'NOTICE' })], true);
  expect(shown.map(({ alarms }) => alarms.map(({ id }) => id))).toEqual([['1', '3'], ['2'], ['4']]);
});

it('is a flood from more than ten in ten minutes until fewer than five', () => {
  expect([flooded(false, 10), flooded(false, 11), flooded(true, 5), flooded(true, 4)]).toEqual([
    false,
    true,
    true,
    false,
  ]);
  const now = Date.parse('2027-02-12T20:10:01Z');
  expect(raisedLately([alarm('0'), alarm('5')], now)).toBe(1);
});
