import type { WallPage } from '../gql/generated';
import { clock } from './clock.svelte';
import { HubError } from './errors';

/** Who is signed in, as the session says it. */
export interface Me {
  account: string;
  login: string;
  name: { zh: string | null; en: string | null };
  role: string;
  unit: { code: string; name: { zh: string | null; en: string | null } } | null;
  scopes: string[];
  /** What a wall shows; null of who is none. */
  wall: { name: string; pages: WallPage[]; turnSeconds: number } | null;
}

interface Granted {
  accessToken: string;
  expiresInSeconds: number;
  now: string;
  speed: number;
  me: Me;
}

/** Seconds before its end at which a token is changed for another. */
const AHEAD = 60;

/**
 * The session of this app: the access token in memory, the refresh token in a cookie no script reads.
 *
 * Tabs of one browser share the cookie, so one of them refreshes at a time.
 */
export class Session {
  me = $state<Me | null>(null);
  /** Whether it is known yet if somebody is signed in. */
  known = $state(false);
  #token = '';
  #until = 0;
  #refreshing: Promise<void> | null = null;
  readonly #address: string;

  /** `base` is where the app is served, with a slash at its end. */
  constructor(base: string) {
    this.#address = `${base}session`;
  }

  /** Take up the session of the cookie, if there is one. Raises HubError OFFLINE. */
  async resume(): Promise<void> {
    try {
      await this.#refresh();
    } catch (error) {
      if (!(error instanceof HubError) || error.code === 'OFFLINE') throw error;
    } finally {
      this.known = true;
    }
  }

  /** Sign in. Raises HubError UNAUTHENTICATED, RATE_LIMITED, OFFLINE. */
  async signIn(login: string, password: string, device?: object): Promise<void> {
    this.#take(await this.#send('POST', '', { login, password, device }));
    this.known = true;
  }

  /**
   * Take up a wall's session, once somebody has let this screen be one: null. While it is none, why, in a
   * word of RFC 8628. Raises HubError OFFLINE, RATE_LIMITED.
   */
  async redeem(deviceCode: string): Promise<string | null> {
    const said = (await this.#send('POST', '/device', { deviceCode })) as
      Granted | { error: string } | null;
    if (said && 'error' in said) return said.error;
    this.#take(said);
    return null;
  }

  /** Sign out, here and at the hub. Raises HubError OFFLINE: then the session still stands. */
  async signOut(): Promise<void> {
    await this.#send('DELETE', '');
    this.ended();
  }

  /** A token that is good for a while. Raises HubError UNAUTHENTICATED, and nobody is signed in then. */
  async token(): Promise<string> {
    if (!this.#token || performance.now() > this.#until) await this.#refresh();
    return this.#token;
  }

  /** The hub does not take this token any more, or the present one, although its time has not come. */
  spoilt(token = this.#token): void {
    if (token === this.#token) this.#token = '';
  }

  /** Nobody is signed in any more. */
  ended(): void {
    this.#token = '';
    this.me = null;
  }

  #refresh(): Promise<void> {
    this.#refreshing ??= navigator.locks
      .request('liandong.refresh', async () => this.#take(await this.#send('POST', '/refresh')))
      .catch((error: unknown) => {
        if (error instanceof HubError && error.code === 'UNAUTHENTICATED') this.ended();
        throw error;
      })
      .finally(() => {
        this.#refreshing = null;
      });
    return this.#refreshing;
  }

  #take(granted: Granted | null): void {
    if (!granted) throw new HubError('UNAUTHENTICATED', '请登录 / Sign in.');
    clock.set(granted.now, granted.speed);
    this.#token = granted.accessToken;
    this.#until = performance.now() + (granted.expiresInSeconds - AHEAD) * 1000;
    this.me = granted.me;
  }

  async #send(method: string, path: string, body: object = {}): Promise<Granted | null> {
    let response: Response;
    try {
      response = await fetch(this.#address + path, {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(15_000),
      });
    } catch {
      throw new HubError('OFFLINE', '连接不上中枢 / The hub was not reached.');
    }
    if (response.status === 204) return null;
    const said = (await response.json().catch(() => ({}))) as Partial<Granted> & {
      code?: string;
      detail?: string;
    };
    if (response.ok) return said as Granted;
    throw new HubError(said.code ?? 'OFFLINE', said.detail ?? `HTTP ${response.status}`);
  }
}
