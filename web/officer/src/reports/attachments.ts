import { HubError } from '$shared/hub/errors';
import type { Database, Photo } from '../store/database';

/** The most photographs of one report. */
export const MOST = 10;
/** The most bytes of one. */
export const LARGEST = 10 * 1024 * 1024;
/** What the hub takes. */
export const KINDS = ['image/jpeg', 'image/png', 'image/webp'];
/** Bytes sent at once: what is lost at most when the network is cut. */
const PART = 256 * 1024;

/** How far a photograph has come at the hub. */
export interface Standing {
  state: 'AWAITED' | 'RECEIVING' | 'READY' | 'REFUSED';
  offset: number;
}

/** The hub's side: a photograph is announced, and sent from where it stands. Both raise HubError. */
export interface Uploads {
  begin(account: string, id: string, size: number, sha256: string): Promise<Standing>;
  part(account: string, id: string, offset: number, bytes: Blob): Promise<Standing>;
}

/** Codes of what no second try makes better. */
const FINAL = /^(ATTACHMENT_(TYPE|TRAILING|PIXELS|BROKEN|TOO_LARGE)|IDEMPOTENCY_CONFLICT|INVALID)$/;
/** Codes after which no other photograph fares better. */
const FOR_ALL = new Set([
  'OFFLINE',
  'UNAUTHENTICATED',
  'ANOTHER',
  'RATE_LIMITED',
  'ATTACHMENT_QUOTA',
]);

/**
 * The photographs of reports: on this phone before anything else is done with them.
 *
 * The report names them and goes at once; each is sent after it, piece by piece, and is let go here
 * when the hub has all of it.
 */
export class Attachments {
  readonly #db: Database;
  readonly #uploads: Uploads;
  readonly #oneTab: (work: () => Promise<void>) => Promise<void>;
  #running: Promise<void> | null = null;

  constructor(
    db: Database,
    uploads: Uploads,
    oneTab: (work: () => Promise<void>) => Promise<void>,
  ) {
    this.#db = db;
    this.#uploads = uploads;
    this.#oneTab = oneTab;
  }

  /** Keep one. Rejects with QuotaExceededError where the phone has no room. */
  async keep(photo: Photo): Promise<void> {
    await this.#db.photos.add(photo);
  }

  /** Let go of one. */
  async drop(id: string): Promise<void> {
    await this.#db.photos.delete(id);
  }

  /** The report of these was submitted. */
  async give(owner: string): Promise<void> {
    await this.#db.photos.where('owner').equals(owner).modify({ given: true });
  }

  /** Send what is to be sent of this account; what fails is sent again another time. */
  sendAll(account: string): Promise<void> {
    this.#running ??= this.#oneTab(async () => {
      const photos = await this.#db.photos.where('account').equals(account).sortBy('taken');
      for (const photo of photos) {
        if (!photo.given || photo.why) continue;
        if (!(await this.#send(photo))) return;
      }
    }).finally(() => (this.#running = null));
    return this.#running;
  }

  /** Send one; false where the others need not be tried now. */
  async #send({ id, account, blob }: Photo): Promise<boolean> {
    try {
      let stands = await this.#uploads.begin(account, id, blob.size, await digest(blob));
      while (stands.state !== 'READY' && stands.offset < blob.size) {
        const part = blob.slice(stands.offset, stands.offset + PART);
        stands = await this.#uploads.part(account, id, stands.offset, part);
      }
      // all of it there and not judged yet: asked for again another time
      if (stands.state === 'READY') await this.#db.photos.delete(id);
      return true;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      const { code, message } = error;
      if (FINAL.test(code)) await this.#db.photos.update(id, { why: { code, message } });
      return !FOR_ALL.has(code);
    }
  }
}

async function digest(blob: Blob): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
