import type { Mobile } from '../mobile';
import type { Database } from '../store/database';

interface Name {
  zh: string | null;
  en: string | null;
}

/** A person one may see, and where they are on duty. */
export interface Person {
  id: string;
  name: Name;
  onDuty: boolean;
  post: string | null;
}

/** A member unit and its people. */
export interface UnitOfPeople {
  code: string;
  name: Name;
  note: string | null;
  people: Person[];
}

/** The contacts as this phone holds them, and when it fetched them, by the hub's time. */
export interface Directory {
  units: UnitOfPeople[];
  etag: string;
  at: number;
}

const keyOf = (account: string) => `directory:${account}`;

/** What is held here; null before the first time. */
export async function held(db: Database, account: string): Promise<Directory | null> {
  return ((await db.kept.get(keyOf(account)))?.value ?? null) as Directory | null;
}

/**
 * Fetch the contacts when they have changed, and hold them here. Raises HubError: NOT_FOUND where an
 * older hub has none.
 */
export async function fetched(
  db: Database,
  mobile: Mobile,
  account: string,
  now: number,
): Promise<Directory> {
  const before = await held(db, account);
  const asked = before ? { 'if-none-match': before.etag } : {};
  const { status, data, etag } = await mobile.call<{ units: UnitOfPeople[]; others: Person[] }>(
    account,
    'GET',
    'directory',
    undefined,
    asked,
  );
  const found: Directory =
    status === 304 && before
      ? { ...before, at: now }
      : { units: [...centre(data.others), ...data.units], etag: etag ?? '', at: now };
  await db.kept.put({ key: keyOf(account), value: found }).catch(() => undefined);
  return found;
}

/** Those of no unit: the command centre. */
function centre(people: Person[]): UnitOfPeople[] {
  if (people.length === 0) return [];
  return [{ code: '', name: { zh: '联动指挥中心', en: 'Command centre' }, note: null, people }];
}
