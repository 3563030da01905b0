import type { Database, Draft } from '../store/database';

/** An empty draft. */
export function emptyDraft(account: string, now: number): Draft {
  return {
    id: crypto.randomUUID(),
    account,
    kind: '',
    title: '',
    description: '',
    place: '',
    position: null,
    changed: now,
  };
}

/** Whether there is anything in it. */
export function isEmpty(draft: Draft, photos: number): boolean {
  return photos === 0 && !draft.kind && !(draft.title + draft.description + draft.place).trim();
}

/** Keep it on this phone. Rejects with QuotaExceededError where there is no room. */
export async function keep(db: Database, draft: Draft): Promise<void> {
  await db.drafts.put({ ...draft });
}

/** Throw it away, with its photographs. */
export async function discard(db: Database, id: string): Promise<void> {
  await db.transaction('rw', db.drafts, db.photos, async () => {
    await db.drafts.delete(id);
    await db.photos.where('owner').equals(id).delete();
  });
}

/** The body of the report that is made of it; it names its photographs, which come after it. */
export function bodyOf(draft: Draft, photos: readonly string[]): Record<string, unknown> {
  const { kind, title, description, place, position } = draft;
  return {
    kind,
    title: title.trim(),
    ...(description.trim() && { description: description.trim() }),
    ...(place.trim() && { place: place.trim() }),
    ...(position && { lat: position.lat, lon: position.lon }),
    ...(photos.length > 0 && { attachments: [...photos] }),
  };
}
