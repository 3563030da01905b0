import { OneIncident } from '$shared/gql/generated';
import type { HubError } from '$shared/hub/errors';
import { live } from '../hub';
import type { IncidentNode } from './ledger';

/** The incident that is looked at, as it is now. */
export interface One {
  readonly incident: IncidentNode | null;
  readonly ready: boolean;
  readonly error: HubError | null;
}

/** Follow one incident; null follows none. Call it while a component is made. */
export function one(id: () => string | null): One {
  const found = live(OneIncident, () => {
    const incident = id();
    return incident === null ? null : { incident };
  });
  return {
    get incident() {
      const wanted = id();
      return wanted === null ? null : (found.is.rows.get(wanted) ?? null);
    },
    get ready() {
      return found.is.ready;
    },
    get error() {
      return found.is.error;
    },
  };
}
