import { words, type Pair } from '$shared/words.svelte';
import type { Standing, Step } from './steps';

/** What the button of a step says. */
export const STEP_WORDS: Record<Step, Pair> = {
  accepted: ['签收', 'Accept'],
  enRoute: ['出发', 'Set off'],
  arrived: ['到场', 'Arrived'],
  done: ['完成', 'Done'],
};

/** Why nothing is to be done any more. */
export const OVER_WORDS: Record<NonNullable<Standing['over']>, Pair> = {
  done: ['已完成', 'Done'],
  declined: ['已答复不能执行', 'Declined'],
  cancelled: ['已撤销，不必再去', 'Cancelled: do not go'],
  completed: ['已由他人完成', 'Completed by others'],
  reassigned: ['已改派他人，你不必再去', 'Given to somebody else: you need not go'],
  taken: ['已由他人签收，无需处理', 'Somebody else has accepted: nothing to do'],
};

/** Why an order cannot be carried out, as an officer says it with one thumb. */
export const REASONS: readonly Pair[] = [
  ['正在处置其他事件', 'Busy with another incident'],
  ['距离太远，赶不到', 'Too far away'],
  ['身体不适', 'Not well'],
  ['装备或人手不足', 'Not enough people or equipment'],
];

export const ordersWords = words({
  title: ['指令', 'Orders'],
  exercise: ['演练', 'EXERCISE'],
  cannot: ['不能执行', 'Cannot'],
  acceptLeft: ['签收还剩', 'Left to accept'],
  acceptLate: ['签收已超时', 'Overdue to accept'],
  since: ['下达已过', 'Since it was given'],
});
