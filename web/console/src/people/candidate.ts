import type { OrderAudienceQuery } from '$shared/gql/generated';
import { natural } from '$shared/natural';

export type Candidate = OrderAudienceQuery['officers']['nodes'][number];

/** Whether a phone of theirs can be told now. */
export function reachable({ reach }: Candidate): boolean {
  return reach !== null && (reach.wakeable || reach.listening);
}

/** Whether this text is part of their name, account, unit or post, spaces or not. */
export function matches(one: Candidate, text: string): boolean {
  const plain = (said: string) => said.replace(/\s/g, '').toLowerCase();
  const said = [one.zh, one.en, one.login, one.unit?.zh, one.unit?.en, one.post];
  return said.some((part) => part && plain(part).includes(plain(text)));
}

/** Nearest first where that is known, then who can be reached, then who has least to do. */
export function byUse(a: Candidate, b: Candidate): number {
  const far = (one: Candidate) => one.reach?.distanceMetres ?? Infinity;
  const [one, other] = [far(a), far(b)];
  if (one !== other) return one < other ? -1 : 1;
  return (
    Number(reachable(b)) - Number(reachable(a)) ||
    (a.reach?.openOrders ?? 0) - (b.reach?.openOrders ?? 0) ||
    natural(a.zh ?? a.login, b.zh ?? b.login)
  );
}
