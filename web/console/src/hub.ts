import { ask as askWith } from '$shared/hub/ask';
import { Connection } from '$shared/hub/connection.svelte';
import { live as liveWith } from '$shared/hub/live.svelte';
import { Route } from '$shared/hub/route.svelte';
import { Session } from '$shared/hub/session.svelte';
import type { Operation } from '$shared/gql/operation';

const BASE = '/console/';

export const route = new Route(BASE);
export const session = new Session(BASE);
export const connection = new Connection(session);

/** Ask a query or do a mutation. */
export const ask = <Data, Variables>(operation: Operation<Data, Variables>, variables: Variables) =>
  askWith(session, operation, variables);

/** Follow a live query while the component is there. */
export const live = <Data, Variables extends { after?: unknown }>(
  operation: Operation<Data, Variables>,
  variables: () => Omit<Variables, 'after'> | null,
) => liveWith(connection, operation, variables);

/** Whether who is signed in may do this. */
export const may = (scope: string): boolean => session.me?.scopes.includes(scope) ?? false;
