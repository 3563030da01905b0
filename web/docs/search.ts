/** A page or a heading of one, as the build lists them. `h` is empty for the page itself. */
export interface Entry {
  readonly u: string;
  readonly zh: string;
  readonly en: string;
  readonly h: string;
}

export interface Hit {
  readonly address: string;
  readonly heading: string;
  readonly page: string;
}

const MOST = 12;

/**
 * What has all words that are asked for in its title or heading: titles first, then what begins with
 * them, then the others, in the order of the manuals.
 */
export function found(entries: readonly Entry[], asked: string, language: 'zh' | 'en'): Hit[] {
  const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const rank = ({ h, zh, en }: Entry): number => {
    const own = h ? h.toLowerCase() : `${zh} ${en}`.toLowerCase();
    const all = `${h} ${zh} ${en}`.toLowerCase();
    if (!words.some((word) => own.includes(word)) || !words.every((word) => all.includes(word))) {
      return -1;
    }
    return (h ? 2 : 0) + (words.some((word) => own.startsWith(word)) ? 0 : 1);
  };
  return entries
    .map((entry) => ({ entry, rank: rank(entry) }))
    .filter((one) => one.rank >= 0)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MOST)
    .map(({ entry }) => ({
      address: entry.u,
      heading: entry.h || entry[language],
      page: entry.h ? entry[language] : '',
    }));
}
