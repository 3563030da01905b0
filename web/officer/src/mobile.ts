import { HubError } from '$shared/hub/errors';
import type { Session } from '$shared/hub/session.svelte';

/** An answer of the mobile API. */
export interface Answer<Data> {
  status: number;
  data: Data;
  etag: string | null;
}

interface Problem {
  code?: string;
  detail?: string;
}

const PATIENCE = 15_000;
const PATIENCE_FOR_BYTES = 60_000;
const OFFLINE = '连接不上中枢 / The hub was not reached.';

/** The mobile API (docs/mobile-api.md), for the account that is signed in. */
export class Mobile {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * Call it for this account. Raises HubError: the hub's code; OFFLINE; UNAUTHENTICATED where nobody
   * is signed in any more; ANOTHER where somebody else is.
   */
  async call<Data>(
    account: string,
    method: string,
    path: string,
    body?: object | Blob,
    headers: Record<string, string> = {},
  ): Promise<Answer<Data>> {
    const bytes = body instanceof Blob;
    const response = await this.open(account, method, path, {
      ...(body && { body: bytes ? body : JSON.stringify(body) }),
      headers: { ...(body && !bytes && { 'content-type': 'application/json' }), ...headers },
      signal: AbortSignal.timeout(bytes ? PATIENCE_FOR_BYTES : PATIENCE),
    });
    const { status } = response;
    const etag = response.headers.get('etag');
    if (status === 204 || status === 304) return { status, data: undefined as Data, etag };
    const said = (await response.json().catch(() => {
      // a page of somebody's network is no answer of the hub's
      throw new HubError('OFFLINE', OFFLINE);
    })) as Data & Problem;
    if (response.ok) return { status, data: said, etag };
    const between = status === 502 || status === 504;
    throw new HubError(
      said.code ?? (between ? 'OFFLINE' : `HTTP_${status}`),
      said.detail ?? OFFLINE,
    );
  }

  /** The bare response, for what is a stream. A token that is not taken is changed once. */
  async open(
    account: string,
    method: string,
    path: string,
    more: RequestInit = {},
  ): Promise<Response> {
    for (let tries = 0; ; tries++) {
      const token = await this.#session.token();
      // the cookie is the browser's: another tab may have signed in somebody else
      if (this.#session.me?.account !== account)
        throw new HubError('ANOTHER', '已登录其他账号 / Another account is signed in.');
      let response: Response;
      try {
        response = await fetch(`/mobile/v1/${path}`, {
          method,
          redirect: 'error',
          ...more,
          headers: {
            accept: 'application/json',
            ...(more.headers as Record<string, string> | undefined),
            authorization: `Bearer ${token}`,
          },
        });
      } catch {
        throw new HubError('OFFLINE', OFFLINE);
      }
      if (response.status !== 401 || tries > 0) return response;
      this.#session.spoilt(token);
    }
  }
}
