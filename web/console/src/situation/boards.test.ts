import { describe, expect, it } from 'vitest';
import { type BoardCall, below, lineNumber, lookOf, NEAR, next, rowsOf } from './boards';

const NOW = Date.parse('2027-02-12T20:00:00Z');
const at = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString();

function call(id: string, given: Partial<BoardCall> = {}): BoardCall {
  return {
    id,
    status: 'ON_TIME',
    aimedArrival: null,
    expectedArrival: null,
    actualArrival: null,
    aimedDeparture: at(10),
    expectedDeparture: at(10),
    actualDeparture: null,
    plannedPlatform: '1',
    actualPlatform: null,
    freshness: { state: 'FRESH', asOf: at(0) },
    coach: null,
    journey: {
      mode: 'RAIL',
      publicCode: id,
      origin: null,
      originEn: null,
      destination: null,
      destinationEn: null,
      line: null,
    },
    ...given,
  };
}

describe('rowsOf', () => {
  it('shows a call that comes and goes once, by its departure', () => {
    const through = call('G1', { aimedArrival: at(6), expectedArrival: at(6) });
    const [row, ...more] = rowsOf([through], [through], NOW);
    expect(more).toEqual([]);
    expect(row).toMatchObject({ way: 'through', best: at(10) });
  });

  it('is in order of the best known time', () => {
    const late = call('A', { status: 'DELAYED', expectedDeparture: at(30) });
    const rows = rowsOf(
      [],
      [late, call('B', { aimedDeparture: at(12), expectedDeparture: at(12) })],
      NOW,
    );
    expect(rows.map((row) => row.call.id)).toEqual(['B', 'A']);
    expect(rows[1]?.minutesLate).toBe(20);
  });

  it('believes no expectation of a source that fell silent', () => {
    const silent = call('A', {
      status: 'UNKNOWN',
      expectedDeparture: at(30),
      freshness: { state: 'UNKNOWN', asOf: at(-20) },
    });
    expect(rowsOf([], [silent], NOW)[0]).toMatchObject({
      look: 'unknown',
      best: at(10),
      minutesLate: null,
    });
  });
});

describe('lookOf', () => {
  const scheduled = { status: 'SCHEDULED', freshness: { state: 'SCHEDULED', asOf: null } } as const;

  it('is a ghost when its time is near and only others were told of', () => {
    expect(lookOf(scheduled, at(5), NOW, true)).toBe('ghost');
    expect(lookOf(scheduled, at(-1), NOW, true)).toBe('ghost');
  });

  it('is none while it is far away, or where no live source speaks at all', () => {
    expect(lookOf(scheduled, at(NEAR / 60_000 + 1), NOW, true)).toBe('plain');
    expect(lookOf(scheduled, at(5), NOW, false)).toBe('plain');
  });

  it('never mixes what is cancelled with what is unknown', () => {
    const freshness = { state: 'UNKNOWN', asOf: null } as const;
    expect(lookOf({ status: 'CANCELLED', freshness }, at(5), NOW, true)).toBe('cancelled');
    expect(lookOf({ status: 'UNKNOWN', freshness }, at(5), NOW, true)).toBe('unknown');
  });
});

it('takes the number of a line for its badge', () => {
  expect([lineNumber('1号线'), lineNumber('磁浮'), lineNumber(null)]).toEqual(['1', '磁浮', '—']);
});

it('counts the rows below what is shown', () => {
  expect(below(20, 0, 240, 24)).toBe(10);
  expect(below(20, 240, 240, 24)).toBe(0);
  expect(below(3, 0, 240, 24)).toBe(0);
});

it('begins at the next call: those that are gone, or whose minute has passed, are above it', () => {
  const gone = call('gone', {
    status: 'DEPARTED',
    actualDeparture: at(0),
    expectedDeparture: at(0),
  });
  const passed = call('passed', { expectedDeparture: at(-1) });
  const due = call('due', { expectedDeparture: at(0) });
  const rows = rowsOf([], [gone, passed, due, call('later')], NOW);
  expect(rows.map(({ call: { id } }) => id)).toEqual(['passed', 'due', 'gone', 'later']);
  expect(rows[next(rows, NOW + 59_000)]?.call.id).toBe('due');
  expect(rows[next(rows, NOW + 60_000)]?.call.id).toBe('later');
  expect(next(rows, NOW + 3_600_000)).toBe(4);
});
