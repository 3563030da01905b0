import type { Fetcher, FetcherReturnType } from '@graphiql/toolkit';
import {
  GraphQLError,
  Kind,
  parse,
  type ExecutionResult,
  type OperationDefinitionNode,
} from 'graphql';
import { createClient } from 'graphql-ws';
import { account } from './account.svelte';
import { noted } from './examples';

/**
 * Asks by HTTP, and follows a subscription over a socket of its own.
 *
 * What GraphiQL says of the document may be of the one before: it looks a moment after the last key.
 */
export const fetcher: Fetcher = ({ query, variables, operationName }, options) => {
  const operations = operationsOf(query);
  const named = operations.find((one) => one.name?.value === operationName);
  const chosen = named ?? operations[0];
  const request = {
    query,
    ...(variables ? { variables: variables as Record<string, unknown> } : {}),
    ...(operationName && (named || operations.length !== 1) ? { operationName } : {}),
  };
  return chosen?.operation === 'subscription'
    ? followed(request)
    : asked(request, options?.headers ?? {});
};

/** The operations of a document; none of one that is no GraphQL, of which the hub says where. */
function operationsOf(query: string): OperationDefinitionNode[] {
  try {
    return parse(query).definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
  } catch (error) {
    if (error instanceof GraphQLError) return [];
    throw error;
  }
}

async function asked(request: object, headers: Record<string, string>): Promise<ExecutionResult> {
  const answer = await fetch('/graphql', {
    method: 'POST',
    headers: {
      accept: 'application/json',
      authorization: `Bearer ${await account.token()}`,
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(request),
  });
  const said = (await answer.json()) as ExecutionResult;
  noted(said.data);
  return said;
}

interface Sink {
  next(value: ExecutionResult): void;
  error(reason: unknown): void;
  complete(): void;
}

function followed(request: { query: string }): FetcherReturnType {
  const observable = {
    subscribe(sink: Sink) {
      const url = new URL('/graphql', location.href);
      url.protocol = url.protocol.replace('http', 'ws');
      const client = createClient({
        url: url.href,
        connectionParams: async () => ({ authorization: `Bearer ${await account.token()}` }),
      });
      const stop = client.subscribe(request, {
        next: (value) => sink.next(value as ExecutionResult),
        error: (reason) => sink.error(reason instanceof CloseEvent ? closed(reason) : reason),
        complete: () => sink.complete(),
      });
      return {
        unsubscribe: () => {
          stop();
          void client.dispose();
        },
      };
    },
  };
  // its type has a second way of being subscribed to, which GraphiQL does not take
  return observable as unknown as FetcherReturnType;
}

const closed = ({ code, reason }: CloseEvent) => new Error(`WebSocket ${code} ${reason}`.trim());
