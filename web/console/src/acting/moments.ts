/** `2026-03-02`, `3-2` or nothing; then `11:20` or `11:20:36`. */
const TYPED =
  /^(?:(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})日?[T\s]\s*)?(\d{1,2})[:：](\d{2})(?:[:：](\d{2}))?$/;

/**
 * What was typed into a field of date and time, as `2026-03-02T11:20:00`; null where that is none. What is
 * left out is that of `today` (`2026-03-02`).
 */
export function typed(text: string, today: string): string | null {
  const found = TYPED.exec(text.trim());
  if (!found) return null;
  const [year, month, day] = today.split('-');
  const [, y = year, m = month, d = day, hour, minute, second = '00'] = found;
  const two = (part: string | undefined) => (part ?? '').padStart(2, '0');
  const iso = `${y}-${two(m)}-${two(d)}T${two(hour)}:${minute}:${second}`;
  // the 31st of February is no day, though browsers take it for one in March
  const read = new Date(`${iso}Z`);
  return !Number.isNaN(read.getTime()) && read.toISOString().startsWith(iso) ? iso : null;
}

/**
 * The moment that a text such as `2026-03-02T11:20` names in the area's zone; null where it names none.
 * `local` is how a moment reads there.
 */
export function moment(text: string, local: (at: number) => string): number | null {
  const wanted = Date.parse(`${text}Z`);
  if (Number.isNaN(wanted)) return null;
  const off = (at: number) => Date.parse(`${local(at)}Z`) - at;
  const near = wanted - off(wanted);
  return wanted - off(near);
}
