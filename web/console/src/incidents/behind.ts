import type { TimelineLineFragment } from '$shared/gql/generated';

/** The lines after this one; those of its very moment tell by their words. */
export function behind(
  lines: readonly TimelineLineFragment[],
  oldest: TimelineLineFragment,
): readonly TimelineLineFragment[] {
  const own = lines.findIndex(({ at, text }) => at === oldest.at && text === oldest.text);
  return own < 0 ? lines.filter(({ at }) => at < oldest.at) : lines.slice(own + 1);
}

/** The lines, each with a key that stays its own whatever comes before or behind: lines have no ids. */
export function keyed(
  lines: readonly TimelineLineFragment[],
): { key: string; line: TimelineLineFragment }[] {
  const alike = new Map<string, number>();
  return lines.map((line) => {
    const said = [line.at, line.kind, line.by?.id, line.text].join('|');
    const before = alike.get(said) ?? 0;
    alike.set(said, before + 1);
    return { key: `${before}|${said}`, line };
  });
}
