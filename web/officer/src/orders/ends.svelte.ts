import type { Order } from '../store/database';
import { askedAs, takenBack, type Standing } from './steps';

const KEPT = 'liandong.officer.ends';
/** As many are remembered; older ones are told no more by then. */
const MOST = 200;

/** Orders that were taken back, and of which the officer has said so much as that they know. */
class Ends {
  #known = $state.raw(read());

  /** Whether this account knows of it, on this phone. */
  known(account: string, order: string): boolean {
    return this.#known.includes(`${account} ${order}`);
  }

  /** It knows. */
  know(account: string, order: string): void {
    if (this.known(account, order)) return;
    this.#known = [...this.#known, `${account} ${order}`].slice(-MOST);
    localStorage.setItem(KEPT, JSON.stringify(this.#known));
  }
}

function read(): readonly string[] {
  return JSON.parse(localStorage.getItem(KEPT) ?? '[]') as string[];
}

export const ends = new Ends();

/** Whether an order was taken back, and this officer has not said so much as that they know. */
export function unheard(order: Order, stands: Standing, account: string, now: number): boolean {
  return takenBack(order, stands, now) && !ends.known(account, askedAs(order));
}
