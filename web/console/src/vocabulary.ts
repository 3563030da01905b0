import type {
  AlarmLevel,
  LedgerChannel,
  OrderPriority,
  OrderState,
  Severity,
  Stage,
} from '$shared/gql/generated';
import type { LevelName } from '$shared/ui/Level.svelte';
import { say, type Pair } from '$shared/words.svelte';

export { KINDS } from '$shared/kinds';

export const SEVERITIES: Record<Severity, Pair> = {
  EXTREME: ['特别严重', 'Extreme'],
  SEVERE: ['严重', 'Severe'],
  MODERATE: ['一般', 'Moderate'],
  MINOR: ['轻微', 'Minor'],
  UNKNOWN: ['未判定', 'Not judged'],
};

/** The mark of a severity: CAP's five, in the order of the console's levels. */
export const LEVEL_OF: Record<Severity, LevelName> = {
  EXTREME: 'act',
  SEVERE: 'urgent',
  MODERATE: 'caution',
  MINOR: 'notice',
  UNKNOWN: 'unknown',
};

export const STAGES: Record<Stage, Pair> = {
  QUEUED: ['待发', 'Queued'],
  SENT: ['已发送', 'Sent'],
  RECEIVED: ['已送达', 'Delivered'],
  SEEN: ['已读', 'Read'],
  ACCEPTED: ['签收', 'Accepted'],
  EN_ROUTE: ['出发', 'En route'],
  ARRIVED: ['到场', 'On scene'],
  DONE: ['完成', 'Done'],
  DECLINED: ['不能执行', 'Cannot'],
  ESCALATED: ['已升级', 'Escalated'],
  CANCELLED: ['已撤销', 'Withdrawn'],
};

export const CHANNELS: Record<LedgerChannel, Pair> = {
  ACTIONS: ['手机回报', 'Reported'],
  ESCALATION: ['升级', 'Escalation'],
  EVENTS: ['实时流', 'Live'],
  FCM: ['推送', 'Push'],
  HUB: ['中枢', 'Hub'],
  JPUSH: ['推送', 'Push'],
  OTHER: ['其他', 'Other'],
  SYNC: ['同步', 'Sync'],
  WEBPUSH: ['推送', 'Push'],
};

export const PRIORITIES: Record<OrderPriority, Pair> = {
  URGENT: ['紧急', 'Urgent'],
  ROUTINE: ['一般', 'Routine'],
};

export const ORDER_STATES: Record<OrderState, Pair> = {
  OPEN: ['执行中', 'Going on'],
  COMPLETED: ['已完成', 'Completed'],
  CANCELLED: ['已撤销', 'Withdrawn'],
};

/** How much an alarm asks of somebody, as its capability says. */
export const LEVEL_OF_ALARM: Record<AlarmLevel, LevelName> = {
  ACT: 'act',
  URGENT: 'urgent',
  CAUTION: 'caution',
  NOTICE: 'notice',
};

/** Somebody who has a name in both languages. */
export interface Named {
  zh: string | null;
  en: string | null;
}

/** Their name in the language that is spoken, or a dash. */
export function named(one: (Named & { login?: string; code?: string }) | null | undefined): string {
  if (!one) return '—';
  const spoken = say([one.zh ?? one.en ?? '', one.en ?? one.zh ?? '']);
  return spoken || one.login || one.code || '—';
}

/** Their names, one after the other. */
export function listed(people: readonly Parameters<typeof named>[0][]): string {
  return people.map(named).join(say(['、', ', ']));
}
