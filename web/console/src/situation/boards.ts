import type { SituationCallFragment } from '$shared/gql/generated';

export type BoardCall = SituationCallFragment;
export type Which = 'both' | 'arrivals' | 'departures';
/** `through`: it comes and goes on. */
export type Way = 'in' | 'out' | 'through';
/** How a row shows how true it is: see the mock's table of states. */
export type Look = 'plain' | 'done' | 'stale' | 'unknown' | 'ghost' | 'cancelled';

export interface Row {
  call: BoardCall;
  way: Way;
  /** As the timetable has it; null where none is told. */
  aimed: string | null;
  /** The best that is known: actual, else expected, else as aimed. */
  best: string | null;
  /** Minutes that `best` is behind `aimed`, negative when ahead; null where it cannot be said. */
  minutesLate: number | null;
  look: Look;
}

/** A ghost is called one from so long before its time: until then nobody expects to hear of it. */
export const NEAR = 15 * 60_000;

/** The rows of a board in order of time, each call once. */
export function rowsOf(
  arrivals: Iterable<BoardCall>,
  departures: Iterable<BoardCall>,
  now: number,
): Row[] {
  const comes = new Map([...arrivals].map((call) => [call.id, call]));
  const goes = new Map([...departures].map((call) => [call.id, call]));
  const calls = [...new Map([...comes, ...goes]).values()];
  const spoken = calls.some(({ freshness: { state } }) => state === 'FRESH' || state === 'STALE');
  const rows = calls.map((call) => {
    const way = !goes.has(call.id) ? 'in' : comes.has(call.id) ? 'through' : 'out';
    return rowOf(call, way, now, spoken);
  });
  return rows.sort((a, b) => moment(a) - moment(b) || (a.call.id < b.call.id ? -1 : 1));
}

function moment(row: Row): number {
  return Date.parse(row.best ?? row.aimed ?? '') || 0;
}

function rowOf(call: BoardCall, way: Way, now: number, spoken: boolean): Row {
  const [aimed, expected, actual] =
    way === 'in'
      ? [call.aimedArrival, call.expectedArrival, call.actualArrival]
      : [call.aimedDeparture, call.expectedDeparture, call.actualDeparture];
  const known = call.freshness.state !== 'UNKNOWN';
  const best = (known ? (actual ?? expected) : null) ?? aimed;
  const minutesLate =
    known && best && aimed && (actual ?? expected)
      ? Math.round((Date.parse(best) - Date.parse(aimed)) / 60_000)
      : null;
  return { call, way, aimed, best, minutesLate, look: lookOf(call, best, now, spoken) };
}

/** `spoken`: whether any live source has told of this board, so that its silence says something. */
export function lookOf(
  call: Pick<BoardCall, 'status' | 'freshness'>,
  best: string | null,
  now: number,
  spoken: boolean,
): Look {
  const { status, freshness } = call;
  if (status === 'CANCELLED' || status === 'SKIPPED') return 'cancelled';
  if (freshness.state === 'UNKNOWN' || status === 'UNKNOWN' || status === 'NO_DATA')
    return 'unknown';
  if (freshness.state === 'SCHEDULED') {
    const near = best !== null && Date.parse(best) - now <= NEAR;
    return spoken && near ? 'ghost' : 'plain';
  }
  if (freshness.state === 'STALE') return 'stale';
  return status === 'DEPARTED' || status === 'ARRIVED' ? 'done' : 'plain';
}

/** The number of a line for its badge: `1号线` is 1. */
export function lineNumber(code: string | null | undefined): string {
  return code?.match(/^\d+/)?.[0] ?? code ?? '—';
}

/**
 * The first row that is not over: it was not told to be gone, and its minute has not passed. As many as
 * there are where all are over.
 */
export function next(rows: readonly Row[], now: number): number {
  const minute = Math.floor(now / 60_000) * 60_000;
  const found = rows.findIndex((row) => row.look !== 'done' && moment(row) >= minute);
  return found < 0 ? rows.length : found;
}

/** How many rows of a list lie below what is shown of it. */
export function below(total: number, scrolled: number, shown: number, row: number): number {
  if (row <= 0) return 0;
  return Math.max(0, total - Math.round((scrolled + shown) / row));
}
