import type { OfficersWatchedSubscription } from '$shared/gql/generated';
import { natural } from '$shared/natural';

export type Watched = NonNullable<OfficersWatchedSubscription['officers']['node']>;
export type Duty = 'on' | 'off' | 'all';

/** How somebody can be reached now. */
export type Reached = 'online' | 'wakeable' | 'unreachable';

export function reached({ reach }: Pick<Watched, 'reach'>): Reached {
  if (reach?.listening) return 'online';
  return reach?.wakeable ? 'wakeable' : 'unreachable';
}

/** By unit and login: always in the same place. */
export function inOrder(a: Watched, b: Watched): number {
  const [one, other] = [a.unit?.code ?? '', b.unit?.code ?? ''];
  return natural(one, other) || natural(a.login, b.login);
}

/** Whether what was typed is in their name, account, unit or post. */
export function matches(one: Watched, text: string): boolean {
  const wanted = plain(text);
  return [one.zh, one.en, one.login, one.unit?.zh, one.unit?.en, one.post].some((part) =>
    part ? plain(part).includes(wanted) : false,
  );
}

const plain = (text: string) => text.replace(/\s/g, '').toLowerCase();
