import type { AccountsWatchedSubscription } from '$shared/gql/generated';
import { natural } from '$shared/natural';

export type Account = NonNullable<AccountsWatchedSubscription['accounts']['node']>;

/** Whether what was typed is in the login, a name or the unit. */
export function matches(one: Account, text: string): boolean {
  const wanted = plain(text);
  return [one.login, one.zh, one.en, one.unit?.code, one.unit?.zh, one.unit?.en].some((part) =>
    part ? plain(part).includes(wanted) : false,
  );
}

/** By login, its numbers as numbers. */
export function byLogin(a: Account, b: Account): number {
  return natural(a.login, b.login);
}

const plain = (text: string) => text.replace(/\s/g, '').toLowerCase();
