import type { OneIncidentSubscription, Stage } from '$shared/gql/generated';

export type IncidentNode = NonNullable<OneIncidentSubscription['incidents']['node']>;
export type OrderNode = IncidentNode['orders'][number];
export type RecipientNode = OrderNode['recipients'][number];
export type PersonNode = NonNullable<RecipientNode['officer']>;

/** The stages that have a column, in the order in which an order goes through them. */
export const COLUMNS = [
  'SENT',
  'RECEIVED',
  'SEEN',
  'ACCEPTED',
  'EN_ROUTE',
  'ARRIVED',
  'DONE',
] as const satisfies readonly Stage[];
const TAKEN: readonly Stage[] = ['ACCEPTED', 'EN_ROUTE', 'ARRIVED', 'DONE'];
const ENDED: readonly Stage[] = ['DONE', 'DECLINED', 'ESCALATED', 'CANCELLED'];

const ACCEPTED = COLUMNS.indexOf('ACCEPTED');

/**
 * What one cell of a recipient's line shows: reached, gone past without a word, missing before what is
 * awaited, where it stands, past the limit, the end that is not "done", or still to come.
 */
export type Look = 'ok' | 'past' | 'miss' | 'here' | 'over' | 'end' | 'todo';

export interface Cell {
  stage: (typeof COLUMNS)[number];
  look: Look;
  /** When it was reached, or ended; of what was gone past, by when it was. */
  at: string | null;
  /** What it says besides the time: how it was learnt, or which end it was; what it is known from. */
  entry: RecipientNode['entries'][number] | null;
  /** Since when it stands here. */
  since: string | null;
  /** Until when somebody has to do it. */
  until: string | null;
}

/** Whether this part of an order is over. */
export function ended(stage: Stage): boolean {
  return ENDED.includes(stage);
}

/** Whether somebody has taken it on. */
export function taken(stage: Stage): boolean {
  return TAKEN.includes(stage);
}

/** Whether it was not taken: still to be accepted, or passed on. */
export function untaken(stage: Stage): boolean {
  return ['QUEUED', 'SENT', 'RECEIVED', 'SEEN', 'ESCALATED', 'DECLINED'].includes(stage);
}

/** Milliseconds between a tap and its coming that are worth a word. */
const LATE = 60_000;

/** When it was done by the phone's clock, where the hub heard of it much later; else null. */
export function tapped({ at, deviceAt }: RecipientNode['entries'][number]): string | null {
  return deviceAt && Date.parse(at) - Date.parse(deviceAt) >= LATE ? deviceAt : null;
}

/** Which ledger of an order it is: who is asked again has another. */
export function keyOf({ officer, round }: Pick<RecipientNode, 'officer' | 'round'>): string {
  return `${officer?.id ?? ''} ${round}`;
}

/** The ledger in whose place this one is. */
function before(one: RecipientNode): string | null {
  return one.escalatedFrom && `${one.escalatedFrom.id} ${one.escalatedFromRound}`;
}

/** Whom the order cannot be given to: they have a part of it, if only one that nobody took. */
export function holding(recipients: readonly RecipientNode[]): string[] {
  const missing = allLost(recipients);
  return recipients
    .filter((one) => !ended(one.stage) || missing.has(one))
    .flatMap(({ officer }) => officer?.id ?? []);
}

/** Whether nobody has this part, and nobody was left to be asked for it. */
export function lost({ stage, nobodyNext }: { stage: Stage; nobodyNext: boolean }): boolean {
  return nobodyNext && untaken(stage);
}

/** The same where chains are not known: of no part once each was accepted after all. */
export function stillLost(
  { exhaustedAt }: { exhaustedAt: string | null },
  part: { stage: Stage; nobodyNext: boolean },
): boolean {
  return exhaustedAt !== null && lost(part);
}

/** The recipients whose part is lost: neither they nor whoever was asked before them has taken it. */
export function allLost(recipients: readonly RecipientNode[]): ReadonlySet<RecipientNode> {
  const known = new Map(recipients.map((one) => [keyOf(one), one]));
  const taken = (one: RecipientNode): boolean => {
    const first = known.get(before(one) ?? '');
    return !!first && (TAKEN.includes(first.stage) || taken(first));
  };
  return new Set(recipients.filter((one) => lost(one) && !taken(one)));
}

/** The line of one recipient, a cell a column. `now` in milliseconds by the hub's clock. */
export function line(recipient: RecipientNode, now: number): Cell[] {
  const { stage: stands, entries, nextStepAt } = recipient;
  const reached = new Map(entries.map((entry) => [entry.stage, entry]));
  const last = entries.at(-1) ?? null;
  const furthest = Math.max(-1, ...COLUMNS.map((stage, at) => (reached.has(stage) ? at : -1)));
  const awaited = nextStepAt !== null || (ended(stands) && furthest < ACCEPTED);
  const where = awaited ? Math.max(ACCEPTED, furthest + 1) : furthest + 1;
  const late = nextStepAt !== null && Date.parse(nextStepAt) < now;
  const look = ended(stands) ? 'end' : late ? 'over' : 'here';
  /** The next stage that was told: what lies before it was no later. */
  const behind = (at: number) =>
    COLUMNS.slice(at).flatMap((stage) => reached.get(stage) ?? [])[0] ?? null;
  return COLUMNS.map((stage, at): Cell => {
    const entry = reached.get(stage) ?? null;
    const cell = { stage, entry, at: entry?.at ?? null, since: null, until: null };
    if (entry) return { ...cell, look: 'ok' };
    if (at < furthest) {
      const next = behind(at);
      return { ...cell, look: 'past', entry: next, at: next?.at ?? null };
    }
    if (at < where) return { ...cell, look: 'miss' };
    if (at > where || stands === 'DONE') return { ...cell, look: 'todo' };
    if (look === 'end') return { ...cell, look, entry: last, at: last?.at ?? null };
    return { ...cell, look, since: last?.at ?? null, until: nextStepAt };
  });
}

/** A recipient and how deep below whom it was passed on from. */
export interface Branch {
  recipient: RecipientNode;
  depth: number;
  parent: RecipientNode | null;
}

/** Recipients with those who were asked in their place behind them. */
export function branches(recipients: readonly RecipientNode[]): Branch[] {
  const known = new Set(recipients.map(keyOf));
  const below = new Map<string, RecipientNode[]>();
  const roots: RecipientNode[] = [];
  for (const one of recipients) {
    const from = before(one);
    if (from && known.has(from)) below.set(from, [...(below.get(from) ?? []), one]);
    else roots.push(one);
  }
  const found: Branch[] = [];
  const seen = new Set<RecipientNode>();
  const visit = (recipient: RecipientNode, depth: number, parent: RecipientNode | null) => {
    if (seen.has(recipient)) return;
    seen.add(recipient);
    found.push({ recipient, depth, parent });
    for (const next of below.get(keyOf(recipient)) ?? []) {
      visit(next, depth + 1, recipient);
    }
  };
  for (const root of roots) visit(root, 0, null);
  // a circle has no root; nobody is left out for it
  for (const one of recipients) visit(one, 0, null);
  return found;
}

/** How a part came to who is asked now, from whoever had it before. */
export function handedOn(from: Pick<RecipientNode, 'reassignedBecause'>): [string, string] {
  return from.reassignedBecause === null
    ? ['升级自', 'escalated from']
    : ['改派自', 'reassigned from'];
}

/** How many people an order was given to, and how many of them have come how far in any round. */
export interface Tally {
  asked: number;
  delivered: number;
  accepted: number;
  arrived: number;
  done: number;
  escalated: number;
  declined: number;
}

export function tally(recipients: readonly RecipientNode[]): Tally {
  const people = (ledgers: readonly RecipientNode[]) =>
    new Set(ledgers.map((one) => one.officer?.id ?? one)).size;
  const with_ = (stage: Stage) =>
    people(recipients.filter(({ entries }) => entries.some((entry) => entry.stage === stage)));
  return {
    asked: people(recipients),
    delivered: with_('RECEIVED'),
    accepted: with_('ACCEPTED'),
    arrived: with_('ARRIVED'),
    done: with_('DONE'),
    escalated: with_('ESCALATED'),
    declined: with_('DECLINED'),
  };
}

/** The steps of an incident from its registration to its end, each with when it was reached. */
export interface Step {
  name: 'opened' | 'ordered' | 'accepted' | 'arrived' | 'closed';
  at: string | null;
}

export function steps(incident: IncidentNode): Step[] {
  const first = (times: (string | undefined)[]) =>
    times.filter((at) => at !== undefined).sort()[0] ?? null;
  const of = (stage: Stage) =>
    first(
      incident.orders.flatMap(({ recipients }) =>
        recipients.map(({ entries }) => entries.find((entry) => entry.stage === stage)?.at),
      ),
    );
  return [
    { name: 'opened', at: incident.openedAt },
    { name: 'ordered', at: first(incident.orders.map(({ createdAt }) => createdAt)) },
    { name: 'accepted', at: of('ACCEPTED') },
    { name: 'arrived', at: of('ARRIVED') },
    { name: 'closed', at: incident.closedAt },
  ];
}
