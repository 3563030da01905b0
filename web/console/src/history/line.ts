/** A stretch of time, in milliseconds. */
export interface Stretch {
  start: number;
  end: number;
}

export const HOUR = 3_600_000;
export const SPANS = [HOUR, 6 * HOUR, null] as const;
export type Span = (typeof SPANS)[number];

/**
 * What of the time that is kept the line shows: as much as is wanted, with the moment `at` in it. It stays
 * where it is (`shown`) as long as the moment is in it, so that it never slides away under a hand.
 */
export function lineOf(kept: Stretch, span: Span, at: number, shown: Stretch | null): Stretch {
  const length = kept.end - kept.start;
  if (span === null || span >= length) return kept;
  const stands = shown !== null && shown.end - shown.start === span;
  if (stands && at >= shown.start && at <= shown.end && shown.end <= kept.end) {
    // the present moves on: so does a line that ends in it
    return kept.end - shown.end < span / 20 ? { start: kept.end - span, end: kept.end } : shown;
  }
  const end = Math.min(kept.end, Math.max(kept.start + span, at + span / 2));
  return { start: end - span, end };
}

/** Where a moment stands on the line, from 0 to 1. */
export function place(line: Stretch, at: number): number {
  return Math.min(1, Math.max(0, (at - line.start) / Math.max(1, line.end - line.start)));
}

/** What a stretch covers of the line, from 0 to 1; null where they do not meet. */
export function cover(line: Stretch, part: Stretch): { from: number; to: number } | null {
  if (part.end < line.start || part.start > line.end) return null;
  return { from: place(line, part.start), to: place(line, part.end) };
}

/** The event nearest before a moment, or after it; null where there is none. */
export function neighbour(events: readonly number[], at: number, way: -1 | 1): number | null {
  const there = events.filter((one) => (way < 0 ? one < at : one > at));
  if (there.length === 0) return null;
  return way < 0 ? Math.max(...there) : Math.min(...there);
}

/** Round moments to label a line with, at most about `most` of them. */
export function marks(line: Stretch, most: number): number[] {
  const STEPS = [60_000, 300_000, 600_000, 1_800_000, HOUR, 2 * HOUR, 6 * HOUR, 12 * HOUR];
  const length = line.end - line.start;
  const step = STEPS.find((one) => length / one <= most) ?? 24 * HOUR;
  const first = Math.ceil(line.start / step) * step;
  const found: number[] = [];
  for (let at = first; at <= line.end; at += step) found.push(at);
  return found;
}
