import { describe, expect, it } from 'vitest';
import type { TimelineLineFragment } from '$shared/gql/generated';
import { behind, keyed } from './behind';

const line = (at: string, text: string): TimelineLineFragment => ({
  at,
  text,
  kind: 'INCIDENT_NOTED',
  by: null,
});

describe('behind', () => {
  const third = line('10:02', 'c');
  const lines = [line('10:03', 'd'), third, line('10:02', 'b'), line('10:01', 'a')];

  it('goes on after that very line, also among those of its moment', () => {
    expect(behind(lines, third).map(({ text }) => text)).toEqual(['b', 'a']);
  });

  it('takes what is older where the line itself is not on the page', () => {
    expect(behind(lines, line('10:02', 'z')).map(({ text }) => text)).toEqual(['a']);
  });

  it('is nothing on a page that is newer as a whole', () => {
    expect(behind(lines.slice(0, 1), line('10:02', 'c'))).toEqual([]);
  });
});

describe('keyed', () => {
  const keys = (lines: readonly TimelineLineFragment[]) => keyed(lines).map(({ key }) => key);
  const lines = [line('10:03', 'd'), line('10:02', 'b'), line('10:02', 'b')];

  it('tells lines apart that say the same', () => {
    expect(new Set(keys(lines)).size).toBe(3);
  });

  it('keeps the keys of all where a page comes behind them, or a line before', () => {
    expect(keys([line('10:04', 'e'), ...lines, line('10:01', 'a')]).slice(1, 4)).toEqual(
      keys(lines),
    );
  });
});
