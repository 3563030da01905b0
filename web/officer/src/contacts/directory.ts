import { HubError } from '$shared/hub/errors';
import type { Mobile } from '../mobile';
import type { Database } from '../store/database';

interface Name {
  zh: string | null;
  en: string | null;
}

/** A person one may see. */
export interface Person {
  id: string;
  name: Name;
  role?: string | null;
  post?: string | null;
  onDuty?: boolean | null;
  phone?: string | null;
}

/** A member unit and its people. */
export interface UnitOfPeople {
  code: string;
  name: Name;
  phone?: string | null;
  people?: Person[];
}

/** The contacts as this phone holds them, and when it fetched them, by the hub's time. */
export interface Directory {
  units: UnitOfPeople[];
  etag: string | null;
  at: number;
}

const keyOf = (account: string) => `directory:${account}`;

/** What is held here; null before the first time. */
export async function held(db: Database, account: string): Promise<Directory | null> {
  return ((await db.kept.get(keyOf(account)))?.value ?? null) as Directory | null;
}

/**
 * Fetch the contacts when they have changed, and hold them here. Raises HubError: NOT_FOUND where this
 * hub has none.
 */
export async function fetched(
  db: Database,
  mobile: Mobile,
  account: string,
  now: number,
): Promise<Directory> {
  const before = await held(db, account);
  const asked = before?.etag ? { 'if-none-match': before.etag } : {};
  const answer = await mobile.call<{ units?: UnitOfPeople[] }>(
    account,
    'GET',
    'directory',
    undefined,
    asked,
  );
  if (answer.status !== 304 && !Array.isArray(answer.data?.units))
    throw new HubError('NOT_FOUND', '中枢没有通讯录 / This hub has no directory.');
  const units = answer.status === 304 && before ? before.units : (answer.data.units ?? []);
  const found = { units, etag: answer.etag ?? before?.etag ?? null, at: now };
  await db.kept.put({ key: keyOf(account), value: found }).catch(() => undefined);
  return found;
}
