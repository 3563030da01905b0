import type { Database, Photo } from '../store/database';

/** The most photographs of one report. */
export const MOST = 9;
/** The most bytes of one. */
export const LARGEST = 10_000_000;

/**
 * The photographs of reports: on this phone before anything else is done with them.
 *
 * They wait here until the hub takes photographs: then the report
 * names them (`bodyOf` in drafts.ts), and each is sent from here and let go when its receipt is here.
 */
export class Attachments {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Keep one. Rejects with QuotaExceededError where the phone has no room. */
  async keep(photo: Photo): Promise<void> {
    await this.#db.photos.add(photo);
  }

  /** Let go of one of a draft. */
  async drop(id: string): Promise<void> {
    await this.#db.photos.delete(id);
  }
}
