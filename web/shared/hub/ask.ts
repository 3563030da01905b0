import type { Operation } from '../gql/operation';
import { HubError } from './errors';
import type { Session } from './session.svelte';

/** An error as GraphQL answers it. */
export interface Fault {
  readonly message: string;
  readonly path?: readonly (string | number)[] | undefined;
  readonly extensions?: { readonly code?: unknown; readonly outcome?: unknown } | undefined;
}

interface Answer {
  data?: unknown;
  errors?: Fault[];
}

const PATIENCE = 20_000;

/**
 * Ask a query or do a mutation, by its hash.
 *
 * Raises HubError: the hub's code, or OFFLINE. What a mutation refuses of its input is in its
 * `userErrors`, not here.
 */
export async function ask<Data, Variables>(
  session: Session,
  operation: Operation<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  let token = await session.token();
  let answer = await send(token, operation.id, variables);
  if (answer.errors?.[0]?.extensions?.code === 'UNAUTHENTICATED') {
    session.spoilt(token);
    token = await session.token();
    answer = await send(token, operation.id, variables);
  }
  const [error] = answer.errors ?? [];
  if (error) throw refusal(error);
  return answer.data as Data;
}

/** An error of an answer or of a socket, as ours. */
export function refusal(error: Fault): HubError {
  const { code, outcome } = error.extensions ?? {};
  return new HubError(
    typeof code === 'string' ? code : 'INTERNAL',
    error.message,
    (error.path ?? []).map(String),
    typeof outcome === 'string' ? outcome : null,
  );
}

async function send(token: string, documentId: string, variables: unknown): Promise<Answer> {
  try {
    const response = await fetch('/graphql', {
      method: 'POST',
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ documentId, variables }),
      signal: AbortSignal.timeout(PATIENCE),
    });
    return (await response.json()) as Answer;
  } catch {
    throw new HubError('OFFLINE', '连接不上中枢 / The hub was not reached.');
  }
}
