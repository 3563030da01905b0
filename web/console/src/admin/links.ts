import { named } from '../vocabulary';
import type { Entry } from './audit.svelte';

const ACCOUNTS: Record<string, string> = {
  account: 'admin/accounts?account=',
  client: 'admin/partners?account=',
};

/** What an act was about, as a person calls it, and where in the console that is shown. */
export interface Subject {
  text: string;
  page: string | null;
}

/** Ids that say nothing to a person are left to the row's details. */
export function subjectOf(entry: Entry): Subject {
  const { order, incident, bulletin, about, action, target } = entry;
  if (order) {
    const page = order.incident && `incidents/${encodeURIComponent(order.incident.id)}`;
    return { text: order.number, page };
  }
  if (incident)
    return { text: incident.number, page: `incidents/${encodeURIComponent(incident.id)}` };
  if (bulletin)
    return { text: bulletin.number, page: `bulletins/${encodeURIComponent(bulletin.id)}` };
  const page = ACCOUNTS[action.split('.')[0] ?? ''];
  if (about)
    return {
      text: named(about),
      page: `admin/accounts?account=${encodeURIComponent(about.login)}`,
    };
  if (page && target) return { text: target, page: page + encodeURIComponent(target) };
  return { text: shortened(target), page: null };
}

const HEX = /^[0-9a-f-]{24,}/;

/** An id made of hexadecimals by its beginning alone, anything else as it is. */
function shortened(target: string): string {
  return HEX.test(target) ? `${target.slice(0, 8)}…` : target;
}
