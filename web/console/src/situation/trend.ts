/** A number as it was seen at a moment, in milliseconds. */
export interface Seen {
  at: number;
  value: number | null;
}

/** So many points of a trend are kept: at one a change, some hours. */
const MOST = 720;

/** The trend with what is seen now; what is not known is a gap, and the same again is no point. */
export function seen(trend: readonly Seen[], at: number, value: number | null): readonly Seen[] {
  const [before, last] = [trend.at(-2), trend.at(-1)];
  if (last && last.at >= at) return trend;
  const level = last?.value === value && before?.value === value;
  return [...(level ? trend.slice(0, -1) : trend), { at, value }].slice(-MOST);
}

/**
 * The path of a trend in a box, from its first point to `now`, steps between the points; a gap where
 * nothing was known. `most` is the value at the top.
 */
export function path(
  trend: readonly Seen[],
  now: number,
  most: number,
  width: number,
  height: number,
): string {
  const first = trend[0]?.at ?? now;
  const span = Math.max(now - first, 60_000);
  const x = (at: number) => (((at - first) / span) * width).toFixed(1);
  const y = (value: number) => (height - (Math.min(value, most) / most) * height).toFixed(1);
  let drawn = '';
  let held: number | null = null;
  for (const { at, value } of trend) {
    if (held !== null) drawn += `H${x(at)}`;
    if (value !== null) drawn += held === null ? `M${x(at)} ${y(value)}` : `V${y(value)}`;
    held = value;
  }
  return held === null ? drawn : `${drawn}H${x(now)}`;
}

/** At most `count` of its points, the last one among them, for a table. */
export function some(trend: readonly Seen[], count: number): readonly Seen[] {
  const step = Math.max(1, Math.ceil(trend.length / count));
  return trend.filter((_, index) => (trend.length - 1 - index) % step === 0);
}
