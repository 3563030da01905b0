import { liveQuery } from 'dexie';
import type { Outbox } from './outbox/outbox';
import { isWaiting } from './outbox/outbox';
import type {
  Bulletin,
  Database,
  Draft,
  Duty,
  Held,
  Incident,
  Item,
  Order,
  Photo,
} from './store/database';
import type { Sync } from './sync/sync';

/** What this phone holds of one account, as it is now, whichever tab changed it. */
export class Mine {
  readonly account: string;
  /** False until the phone's own store has been read. */
  ready = $state(false);
  drafts = $state.raw<Draft[]>([]);
  photos = $state.raw<Photo[]>([]);
  #things = $state.raw<Held[]>([]);
  #items = $state.raw<Item[]>([]);
  #unsavedThings = $state.raw<readonly Held[]>([]);
  #unsavedItems = $state.raw<readonly Item[]>([]);
  readonly #stops: (() => void)[];

  constructor(account: string, db: Database, outbox: Outbox, sync: Sync) {
    this.account = account;
    const own = <T extends { account: string }>(rows: Iterable<T>) =>
      [...rows].filter((row) => row.account === account);
    outbox.onunsaved = () => (this.#unsavedItems = own(outbox.unsaved));
    sync.onunsaved = () => (this.#unsavedThings = own(sync.unsaved.values()));
    outbox.onunsaved();
    sync.onunsaved();
    const follow = <T>(query: () => Promise<T>, show: (rows: T) => void) => {
      const following = liveQuery(query).subscribe({ next: show, error: () => undefined });
      return () => following.unsubscribe();
    };
    this.#stops = [
      follow(
        () => db.things.where('account').equals(account).toArray(),
        (rows) => {
          this.#things = rows;
          this.ready = true;
        },
      ),
      follow(
        () => db.outbox.where('account').equals(account).sortBy('seq'),
        (rows) => (this.#items = rows),
      ),
      follow(
        () => db.drafts.where('account').equals(account).sortBy('changed'),
        (rows) => (this.drafts = rows),
      ),
      follow(
        () => db.photos.where('account').equals(account).sortBy('taken'),
        (rows) => (this.photos = rows),
      ),
    ];
  }

  /** No more. */
  end(): void {
    for (const stop of this.#stops) stop();
  }

  /** Everything done here, in the order it was done. */
  readonly items = $derived([...this.#items, ...this.#unsavedItems]);
  /** What was done and is not with the hub, without receipts the app makes by itself. */
  readonly waiting = $derived(this.items.filter((item) => isWaiting(item) && !item.auto));
  /** Photographs of reports that were submitted, on their way. */
  readonly uploads = $derived(this.photos.filter(({ given, why }) => given && !why));
  /** How many things wait: one whose photographs are on their way is not all there. */
  readonly count = $derived(
    new Set([...this.waiting.map(({ id }) => id), ...this.uploads.map(({ owner }) => owner)]).size,
  );
  readonly refused = $derived(this.items.filter(({ state }) => state === 'refused'));
  /** Whether the phone had no room for something. */
  readonly full = $derived(this.#unsavedItems.length > 0 || this.#unsavedThings.length > 0);
  readonly orders = $derived(
    this.#of<Order>('order').sort((a, b) => b.createdAt.localeCompare(a.createdAt)),
  );
  readonly bulletins = $derived(
    this.#of<Bulletin>('bulletin').sort((a, b) => b.publishedAt.localeCompare(a.publishedAt)),
  );
  readonly incidents = $derived(this.#of<Incident>('incident'));
  readonly duty = $derived(this.#of<Duty>('duty')[0] ?? null);

  #of<T>(entity: string): T[] {
    const held = new Map<string, unknown>();
    for (const row of [...this.#things, ...this.#unsavedThings])
      if (row.entity === entity) held.set(row.id, row.data);
    return [...held.values()].filter((data) => data !== null) as T[];
  }
}
