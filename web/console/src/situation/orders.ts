import type { SituationOrdersSubscription, Stage } from '$shared/gql/generated';

export type Order = NonNullable<SituationOrdersSubscription['orders']['node']>;
export type Recipient = Order['recipients'][number];

/** The steps that are counted, and the stages of each. */
export const STEPS: readonly { stage: Stage; of: readonly Stage[] }[] = [
  { stage: 'QUEUED', of: ['QUEUED'] },
  { stage: 'RECEIVED', of: ['SENT', 'RECEIVED', 'SEEN'] },
  { stage: 'ACCEPTED', of: ['ACCEPTED'] },
  { stage: 'EN_ROUTE', of: ['EN_ROUTE'] },
  { stage: 'ARRIVED', of: ['ARRIVED'] },
  { stage: 'DONE', of: ['DONE'] },
];

/** The ruler's end in seconds, and the plan of the area: on scene within three minutes, done within five. */
export const RULER = 300;
const ARRIVE = 180;

const REACHED: readonly Stage[] = ['ACCEPTED', 'EN_ROUTE', 'ARRIVED', 'DONE'];
/** Whose part is somebody else's now. */
const GONE: readonly Stage[] = ['DECLINED', 'ESCALATED', 'CANCELLED'];

/** Those whose part is still theirs. */
export function holding(order: Order): readonly Recipient[] {
  return order.recipients.filter(({ stage }) => !GONE.includes(stage));
}

/** How many of them are at this stage or beyond it. */
export function reached(people: readonly Recipient[], stage: Stage): number {
  const from = REACHED.indexOf(stage);
  return people.filter((one) => REACHED.indexOf(one.stage) >= from).length;
}

/** What is waited for now, and its limit in seconds since the order was given. */
export interface Waiting {
  stage: 'ACCEPTED' | 'ARRIVED' | 'DONE';
  limit: number;
}

/** Somebody's acceptance first, then their arrival, then the end. */
export function waitingFor(order: Order): Waiting {
  const people = holding(order);
  if (people.length === 0 || reached(people, 'ACCEPTED') < people.length)
    return { stage: 'ACCEPTED', limit: order.acceptWithinSeconds };
  if (reached(people, 'ARRIVED') < people.length) return { stage: 'ARRIVED', limit: ARRIVE };
  return { stage: 'DONE', limit: RULER };
}

/** When each step was first reached, in seconds since the order was given. */
export function stops(order: Order): number[] {
  const begun = Date.parse(order.createdAt);
  const first = new Map<Stage, number>();
  for (const { entries } of order.recipients)
    for (const { at, stage } of entries) {
      const seconds = (Date.parse(at) - begun) / 1000;
      if (REACHED.includes(stage))
        first.set(stage, Math.min(first.get(stage) ?? Infinity, seconds));
    }
  return [...first.values()].sort((a, b) => a - b);
}

/** How much somebody must act on it, by seconds since it was given. */
export function pressing(order: Order, seconds: number): 'act' | 'urgent' | 'normal' {
  if (order.exhaustedAt) return 'act';
  const { stage, limit } = waitingFor(order);
  if (seconds <= limit) return 'normal';
  return stage === 'ACCEPTED' ? 'act' : 'urgent';
}
