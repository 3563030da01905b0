import { expect, it, vi } from 'vitest';
import type { TimelineLineFragment } from '$shared/gql/generated';

const ask = vi.fn<(operation: unknown, variables: { after: string | null }) => Promise<unknown>>();
vi.mock('../hub', () => ({ ask }));
vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined });
const { Earlier } = await import('./earlier.svelte');

const line = (at: string): TimelineLineFragment => ({
  at,
  text: at,
  kind: 'INCIDENT_NOTED',
  by: null,
});
const [first, second, third, fourth] = ['10:01', '10:02', '10:03', '10:04'].map(line) as [
  TimelineLineFragment,
  TimelineLineFragment,
  TimelineLineFragment,
  TimelineLineFragment,
];

it('loses no line that is listed no more while it waits for the page', async () => {
  const earlier = new Earlier();
  earlier.follow([second, third]);
  ask.mockImplementationOnce(() => {
    earlier.follow([third, fourth]);
    return Promise.resolve({
      incidentTimeline: {
        nodes: [third, second, first],
        pageInfo: { endCursor: 'end', hasNextPage: false },
      },
    });
  });
  await earlier.next('incident');
  expect(earlier.rows).toEqual([second, first]);
  expect(earlier.more).toBe(false);
});
