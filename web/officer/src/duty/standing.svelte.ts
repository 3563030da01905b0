import { clock } from '$shared/hub/clock.svelte';
import { HubError } from '$shared/hub/errors';
import type { Mobile } from '../mobile';
import type { Database } from '../store/database';

/** A stretch of duty of today; `until` is null while it lasts. */
export interface Stretch {
  since: string;
  until: string | null;
}

/** What the hub knows of this officer's day and of this phone (`GET /mobile/v1/me`). */
interface Known {
  dutyToday: Stretch[];
  device: { canBeWoken: boolean; wokenAt: string | null } | null;
  /** The hub's time when it said so. */
  at: number;
}

/** The same, kept on the phone for when there is no network. */
export class Standing {
  known = $state.raw<Known | null>(null);
  readonly #db: Database;
  readonly #mobile: Mobile;
  readonly #account: string;

  constructor(db: Database, mobile: Mobile, account: string) {
    this.#db = db;
    this.#mobile = mobile;
    this.#account = account;
  }

  /** Ask; without a network what was known before is shown. */
  async load(): Promise<void> {
    const key = `standing:${this.#account}`;
    this.known ??= ((await this.#db.kept.get(key))?.value ?? null) as Known | null;
    try {
      const { data } = await this.#mobile.call<Omit<Known, 'at'>>(this.#account, 'GET', 'me');
      const { dutyToday, device } = data;
      this.known = { dutyToday, device, at: clock.read() };
      await this.#db.kept.put({ key, value: this.known }).catch(() => undefined);
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
    }
  }
}
