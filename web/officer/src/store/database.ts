import { Dexie, type Table } from 'dexie';

/** An order as this officer holds it (docs/mobile-api.md, `order`). */
export interface Order {
  id: string;
  number: string;
  incidentId: string;
  text: string;
  priority: 'ROUTINE' | 'URGENT';
  state: 'OPEN' | 'COMPLETED' | 'CANCELLED';
  stage: string;
  takenByOther: boolean;
  nobodyNext: boolean;
  reassignedBecause: string | null;
  cancelledBecause?: string | null;
  /** How often this officer was asked; absent in what an older hub has told: once. */
  round?: number;
  /** When they were asked last. */
  askedAt?: string;
  acceptWithinSeconds: number;
  createdAt: string;
  endedAt: string | null;
  incident: {
    number: string;
    title: string;
    place: string | null;
    kind: string;
    exercise: boolean;
  };
}

/** A bulletin to this officer; `text` is null where it must not be acted on. */
export interface Bulletin {
  id: string;
  number: string;
  unit: string | null;
  title: string;
  text: string | null;
  urgency: 'ROUTINE' | 'URGENT';
  state: 'PUBLISHED' | 'WITHDRAWN';
  stage: string;
  read: boolean;
  publishedAt: string;
  withdrawnAt: string | null;
  reason: string | null;
  corrects: string | null;
  replacedBy: string | null;
}

/** An incident the officer is involved in. */
export interface Incident {
  id: string;
  number: string;
  title: string;
  state: 'OPEN' | 'CLOSED';
  description?: string | null;
  place: string | null;
  position: { lat: number; lon: number } | null;
}

/** Whether the officer is on duty, since when, at which post. */
export interface Duty {
  id: string;
  on: boolean;
  since: string | null;
  post: string | null;
}

/** What sync gave an account. */
export interface Held {
  account: string;
  entity: string;
  id: string;
  data: unknown;
}

/** Why a thing waits or was refused: the hub's code, and its words. */
export interface Why {
  code: string;
  message: string;
}

/** Where a thing that was done is: on the phone, being sent, with the hub, refused. */
export type ItemState = 'phone' | 'sending' | 'hub' | 'refused';

/** A thing an officer did. `seq` is its place among the others; one without is in memory alone. */
export interface Item {
  seq?: number;
  /** Made once: what is sent again under it is done once. */
  id: string;
  account: string;
  kind: string;
  body: Record<string, unknown>;
  /** The phone's own time when it was done, right or wrong: data for the hub. */
  at: string;
  /** The hub's time when it was done, in milliseconds, for people. */
  made: number;
  state: ItemState;
  tries: number;
  why: Why | null;
  /** The hub's time of the receipt or of the refusal. */
  settled: number | null;
  /** What it is about, as a person calls it. */
  about: string;
  /** The app did it by itself: a receipt. */
  auto: boolean;
}

/** A report that is not sent yet. */
export interface Draft {
  id: string;
  account: string;
  kind: string;
  title: string;
  description: string;
  place: string;
  position: Fix | null;
  changed: number;
}

/** Where the phone was: degrees, metres, the hub's time in milliseconds. */
export interface Fix {
  lat: number;
  lon: number;
  accuracy: number;
  at: number;
  /** It was chosen on the map: no phone has measured it. */
  chosen?: boolean;
}

/** A photograph: of a draft, or of the report that was made of it (`owner` is the id of either). */
export interface Photo {
  id: string;
  account: string;
  owner: string;
  blob: Blob;
  taken: number;
  /** Whether its report was submitted: it goes to the hub, too. */
  given: boolean;
  /** Why the hub did not take it; null while it may. */
  why: Why | null;
}

/** Everything the app keeps on this phone, of every account that was signed in on it. */
export class Database extends Dexie {
  declare things: Table<Held, [string, string, string]>;
  declare cursors: Table<{ account: string; cursor: string }, string>;
  declare outbox: Table<Item, number>;
  declare drafts: Table<Draft, string>;
  declare photos: Table<Photo, string>;
  declare fixes: Table<Fix & { seq?: number; account: string }, number>;
  declare kept: Table<{ key: string; value: unknown }, string>;

  constructor(name = 'liandong.officer') {
    super(name);
    this.version(1).stores({
      things: '[account+entity+id], account',
      cursors: 'account',
      outbox: '++seq, &id, account, [account+state]',
      drafts: 'id, account',
      photos: 'id, account, owner',
      fixes: '++seq, account',
      kept: 'key',
    });
  }
}

/** Whether nothing more can be written on this phone. */
export function isFull(error: unknown): boolean {
  const { name, inner } = error as { name?: string; inner?: unknown };
  return name === 'QuotaExceededError' || (inner instanceof Object && isFull(inner));
}
