import { clock } from '$shared/hub/clock.svelte';
import { HubError } from '$shared/hub/errors';
import type { Me, Session } from '$shared/hub/session.svelte';

const ME = 'liandong.officer.me';
const LEAVING = 'liandong.officer.leaving';
const DEVICE = 'liandong.officer.device';
const CLOCK = 'liandong.officer.clock';

/**
 * Whose app this is: also without a network, when the session cannot be asked.
 *
 * Signing out without a network takes effect here at once, and at the hub when it is reached.
 */
export class Who {
  me = $state.raw<Me | null>(read<Me>(ME));
  /** Whether anything is known yet: somebody is kept here, or the hub has said. */
  known = $state(read(ME) !== null);
  /** Whose session ended without being signed out. */
  ended = $state<string | null>(null);
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
    // a phone whose own clock is wrong begins with what the hub said last
    const off = read<number>(CLOCK);
    if (off !== null) clock.set(new Date(Date.now() - off).toISOString());
  }

  /** Ask the hub who is signed in. Without it, whoever was goes on. */
  async resume(): Promise<void> {
    try {
      await this.#leave();
      await this.#session.resume();
      if (this.#session.me) this.see();
      else this.out();
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
    } finally {
      this.known = true;
    }
  }

  /** Take over who is signed in: another tab may have signed in somebody else. */
  see(): void {
    const { me } = this.#session;
    if (me && read(LEAVING) === null) this.#take(me);
  }

  /** The hub says that nobody is signed in any more; that it is not reached says nothing. */
  out(): void {
    if (!this.me || read(LEAVING) !== null) return;
    this.ended = this.me.login;
    this.#drop();
  }

  /** Sign in, this phone named. Raises HubError. */
  async signIn(login: string, password: string): Promise<void> {
    await this.#leave();
    await this.#session.signIn(login, password, {
      id: deviceId(),
      platform: 'web',
      model: navigator.userAgent.slice(0, 100),
      appVersion: VERSION,
    });
    this.see();
  }

  /** Sign out: here at once. */
  async signOut(): Promise<void> {
    localStorage.setItem(LEAVING, 'true');
    this.ended = null;
    this.#drop();
    this.#session.ended();
    await this.#leave().catch(() => undefined);
  }

  async #leave(): Promise<void> {
    if (read(LEAVING) === null) return;
    await this.#session.signOut();
    localStorage.removeItem(LEAVING);
  }

  #take(me: Me): void {
    this.me = $state.snapshot(me);
    this.ended = null;
    localStorage.setItem(ME, JSON.stringify(me));
    if (clock.machineOff !== null) localStorage.setItem(CLOCK, String(clock.machineOff));
  }

  #drop(): void {
    this.me = null;
    localStorage.removeItem(ME);
  }
}

declare const VERSION: string;

function deviceId(): string {
  const id = localStorage.getItem(DEVICE) ?? crypto.randomUUID();
  localStorage.setItem(DEVICE, id);
  return id;
}

function read<T>(key: string): T | null {
  return JSON.parse(localStorage.getItem(key) ?? 'null') as T | null;
}
