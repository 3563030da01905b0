import type { BulletinsWatchedSubscription } from '$shared/gql/generated';

export type Shown = NonNullable<BulletinsWatchedSubscription['bulletins']['node']>;

/** Whether it is urgent and some have not read it: somebody should ask them. */
export function awaited(one: Pick<Shown, 'state' | 'readCount' | 'audienceCount'>): boolean {
  return one.state === 'PUBLISHED' && one.readCount < one.audienceCount;
}

/** The part that has read it, 0 to 1. */
export function share({ readCount, audienceCount }: Pick<Shown, 'readCount' | 'audienceCount'>) {
  return audienceCount > 0 ? Math.min(1, readCount / audienceCount) : 0;
}
