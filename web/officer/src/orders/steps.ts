import type { LevelName } from '$shared/ui/Level.svelte';
import type { Item, Order } from '../store/database';

/** The next step an officer can say with one thumb. */
export type Step = 'accepted' | 'enRoute' | 'arrived' | 'done';

export const STEPS: readonly Step[] = ['accepted', 'enRoute', 'arrived', 'done'];

/** How an order stands: what the hub says of it, and what was done here that it does not know yet. */
export interface Standing {
  /** The last step that was taken, here or at the hub; null before the first. */
  reached: Step | null;
  /** The next one; null where nothing is to be answered. */
  next: Step | null;
  /** Whether it can still be declined. */
  declinable: boolean;
  /** Why nothing is to be done any more; null while something is. */
  over: 'done' | 'declined' | 'cancelled' | 'completed' | 'reassigned' | 'taken' | null;
  /** Passed on to somebody else, who has not accepted: it can still be accepted here. */
  passedOn: boolean;
  /** What was done here of each step. */
  here: Partial<Record<Step | 'declined', Item>>;
}

const STAGES: Record<string, Step> = {
  ACCEPTED: 'accepted',
  EN_ROUTE: 'enRoute',
  ARRIVED: 'arrived',
  DONE: 'done',
};

/** How an order stands for this officer. */
export function standing(order: Order, items: readonly Item[]): Standing {
  const here: Standing['here'] = {};
  for (const item of items)
    if (item.body.orderId === order.id && roundOf(item.body) === roundOf(order))
      here[item.kind.slice('order.'.length) as Step] = item;
  const counts = (item: Item | undefined) => item !== undefined && item.state !== 'refused';
  const known = STAGES[order.stage];
  const reached = [...STEPS].reverse().find((step) => step === known || counts(here[step])) ?? null;
  const declined = order.stage === 'DECLINED' || (reached === null && counts(here.declined));
  const over = overOf(order, reached, declined);
  const next = over ? null : (STEPS[reached === null ? 0 : STEPS.indexOf(reached) + 1] ?? null);
  return {
    reached,
    next,
    declinable: over === null && reached === null,
    over,
    passedOn: order.stage === 'ESCALATED' && reached === null && !over,
    here,
  };
}

function overOf(order: Order, reached: Step | null, declined: boolean): Standing['over'] {
  if (order.reassignedBecause !== null && order.stage === 'CANCELLED') return 'reassigned';
  if (order.state === 'CANCELLED' || order.stage === 'CANCELLED') return 'cancelled';
  if (reached === 'done') return 'done';
  if (declined) return 'declined';
  if (order.state === 'COMPLETED') return 'completed';
  if (order.stage === 'ESCALATED' && order.takenByOther && reached === null) return 'taken';
  return null;
}

/** How much an order asks of this officer. */
export function levelOf(order: Order, stands: Standing): LevelName {
  if (stands.over) return 'normal';
  if (stands.reached === null) return loudness(order);
  return order.priority === 'URGENT' ? 'urgent' : 'notice';
}

/** Milliseconds after which nobody is still on their way to what was taken back. */
const PAST = 12 * 3_600_000;

/** Whether it was taken from this officer who had it, and not long ago: they must hear of it. */
export function takenBack(order: Order, stands: Standing, now: number): boolean {
  const over = stands.over === 'cancelled' || stands.over === 'reassigned';
  const at = Date.parse(order.endedAt ?? order.createdAt);
  return over && order.stage === 'CANCELLED' && now - at < PAST;
}

/** How much it asks of this officer that it was taken back: as much as the order did. */
export function loudness(order: Order): LevelName {
  return order.priority === 'URGENT' ? 'act' : 'caution';
}

/** Milliseconds that are left to accept it; negative when the time has passed. */
export function left(order: Order, now: number): number {
  return Date.parse(order.askedAt ?? order.createdAt) + order.acceptWithinSeconds * 1000 - now;
}

/** How often somebody was asked: an order that comes back is another round, and nothing of it is done. */
export function roundOf(asked: { round?: unknown }): number {
  return typeof asked.round === 'number' ? asked.round : 1;
}

/** Names an order in its round: what is known of one round is not known of the next. */
export function askedAs(order: Order): string {
  const round = roundOf(order);
  return round > 1 ? `${order.id} ${round}` : order.id;
}

/** What is said of an order: which, and in which round. */
export function about(order: Order): { orderId: string; round?: number } {
  const round = roundOf(order);
  return { orderId: order.id, ...(round > 1 && { round }) };
}

/** The id of what is done once for an order or a bulletin, whoever's phone does it. */
export function actId(kind: string, subject: string, account: string, round = 1): string {
  return [kind, subject, account, ...(round > 1 ? [round] : [])].join(':').slice(0, 128);
}
