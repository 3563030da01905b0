import type { LevelName } from '$shared/ui/Level.svelte';
import { actId } from '../orders/steps';
import type { Bulletin, Item } from '../store/database';

/** The id of reading a bulletin: it is read once. */
export const readId = (bulletin: string, account: string): string =>
  actId('bulletin.read', bulletin, account);

/** Whether it is read, as the hub knows or as it was said here. */
export function isRead(bulletin: Bulletin, items: readonly Item[]): boolean {
  return (
    bulletin.read ||
    items.some(
      ({ kind, body, state }) =>
        kind === 'bulletin.read' && body.bulletinId === bulletin.id && state !== 'refused',
    )
  );
}

/** How much a bulletin asks of its reader. */
export function levelOf(bulletin: Bulletin, read: boolean): LevelName {
  if (bulletin.state !== 'PUBLISHED' || read) return 'normal';
  return bulletin.urgency === 'URGENT' ? 'urgent' : 'notice';
}
