import type { TimelineLineFragment } from '$shared/gql/generated';

/** The lines after this one; those of its very moment tell by their words. */
export function behind(
  lines: readonly TimelineLineFragment[],
  oldest: TimelineLineFragment,
): readonly TimelineLineFragment[] {
  const own = lines.findIndex(({ at, text }) => at === oldest.at && text === oldest.text);
  return own < 0 ? lines.filter(({ at }) => at < oldest.at) : lines.slice(own + 1);
}
