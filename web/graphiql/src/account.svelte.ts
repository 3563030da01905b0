import { HubError } from '$shared/hub/errors';

/** Who asks, as the hub says it. */
export interface Me {
  login: string;
  role: string;
  scopes: string[];
}

interface Given {
  access_token: string;
  expires_in: number;
  refresh_token?: string;
}

/** Seconds before its end at which a token is changed for another. */
const AHEAD = 30;

/**
 * Who is signed in on this page, and the token that says so: in memory alone, gone with the page.
 *
 * A person's token is renewed with what refreshes it, an application's with its secret, one that was
 * pasted with nothing.
 */
class Account {
  me = $state<Me | null>(null);
  #token = '';
  #until = 0;
  #renewal: Record<string, string> | null = null;
  #renewing: Promise<void> | null = null;

  /** Sign in as a person. Raises HubError. */
  async person(username: string, password: string): Promise<void> {
    await this.#begin({ grant_type: 'password', username, password });
  }

  /** Sign in as a partner's application. Raises HubError. */
  async application(client_id: string, client_secret: string): Promise<void> {
    const form = { grant_type: 'client_credentials', client_id, client_secret };
    await this.#begin(form);
    this.#renewal = form;
  }

  /** Use a token that is there already. Raises HubError. */
  async pasted(token: string): Promise<void> {
    this.#token = token.replace(/^bearer\s+/i, '').trim();
    this.#until = Infinity;
    this.#renewal = null;
    await this.#known();
  }

  /** A token that is good for a while. Raises HubError; then nobody is signed in any more. */
  async token(): Promise<string> {
    if (this.#renewal && performance.now() > this.#until) await this.#renew();
    return this.#token;
  }

  /** Sign out here, and at the hub if it can be reached. */
  async end(): Promise<void> {
    const headers = { authorization: `Bearer ${this.#token}` };
    const own = this.#renewal?.grant_type === 'refresh_token';
    this.#forget();
    if (own)
      await fetch('/mobile/v1/session', { method: 'DELETE', headers }).catch(() => undefined);
  }

  async #begin(form: Record<string, string>): Promise<void> {
    this.#renewal = null;
    this.#take(await given(form));
    await this.#known();
  }

  /** One renewal at a time: a token that refreshes is good for one use. */
  #renew(): Promise<void> {
    this.#renewing ??= given(this.#renewal ?? {})
      .then((said) => this.#take(said))
      .catch((error: unknown) => {
        if (error instanceof HubError && error.code !== 'OFFLINE') this.#forget();
        throw error;
      })
      .finally(() => {
        this.#renewing = null;
      });
    return this.#renewing;
  }

  #take(said: Given): void {
    this.#token = said.access_token;
    this.#until = performance.now() + (said.expires_in - AHEAD) * 1000;
    if (said.refresh_token) {
      this.#renewal = { grant_type: 'refresh_token', refresh_token: said.refresh_token };
    }
  }

  async #known(): Promise<void> {
    const said = await sent<{ data?: { me: Me }; errors?: { message: string }[] }>('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#token}` },
      body: JSON.stringify({ query: '{ me { login role scopes } }' }),
    });
    if (!said.data) {
      this.#forget();
      throw new HubError('UNAUTHENTICATED', said.errors?.[0]?.message ?? '');
    }
    this.me = said.data.me;
  }

  #forget(): void {
    this.#token = '';
    this.#renewal = null;
    this.me = null;
  }
}

async function given(form: Record<string, string>): Promise<Given> {
  const said = await sent<Given & { error?: string; error_description?: string }>('/auth/token', {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  if (said.error) throw new HubError(said.error, said.error_description ?? said.error);
  return said;
}

async function sent<Said>(address: string, request: RequestInit): Promise<Said> {
  try {
    const answer = await fetch(address, { ...request, signal: AbortSignal.timeout(20_000) });
    return (await answer.json()) as Said;
  } catch {
    throw new HubError('OFFLINE', '连接不上中枢 / The hub was not reached.');
  }
}

export const account = new Account();
