import { HubError } from '$shared/hub/errors';
import { session } from '../hub';

/** What the hub refuses of an input, and of which part of it. */
export interface Refusal {
  readonly path: readonly string[];
  readonly message: string;
}

interface Keyed {
  clientMutationId: string;
}

interface Payload {
  readonly userErrors: readonly Refusal[];
}

/** Nobody knows yet what became of it: the same may be sent again under the same key. */
const AGAIN: readonly string[] = ['OFFLINE', 'RETRY_LATER', 'DEADLINE_EXCEEDED'];
const WAITS = [500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000, 5_000, 5_000];

/**
 * One thing that a person does, and what became of it.
 *
 * Its key is made when it is first sent and kept until an answer has come, also through a reload: sent
 * again with the same input it is the same act, and is done once. `name` tells one act from another.
 */
export class Act<Input extends Keyed, Answer extends Payload> {
  pending = $state(false);
  /** Whether it was sent, not answered, and is being sent again. */
  retrying = $state(false);
  /** Why it was not done, or is not known to be. */
  fault = $state<HubError | null>(null);
  refused = $state.raw<readonly Refusal[]>([]);
  readonly #name: () => string;
  readonly #ask: (input: Input) => Promise<Answer>;

  constructor(name: () => string, ask: (input: Input) => Promise<Answer>) {
    this.#name = name;
    this.#ask = ask;
  }

  /** Whether it may have been done, and pressing again is the same act. */
  get uncertain(): boolean {
    return this.fault !== null && AGAIN.includes(this.fault.code);
  }

  /** What is wrong with this part of the input; empty if nothing is. */
  of(field: string): string {
    return this.refused.find(({ path }) => path[1] === field)?.message ?? '';
  }

  /** What is wrong with no part that the form shows. */
  beside(fields: readonly string[]): string {
    return this.refused.find(({ path }) => !fields.includes(path[1] ?? ''))?.message ?? '';
  }

  /** Say what is wrong before anything is sent. */
  refuse(faults: Record<string, string>): boolean {
    this.fault = null;
    this.refused = Object.entries(faults)
      .filter(([, message]) => message)
      .map(([field, message]) => ({ path: ['input', field], message }));
    return this.refused.length > 0;
  }

  /** Do it. The answer when it is done; null when it was refused, or is not known to be done. */
  async do(input: Omit<Input, 'clientMutationId'>): Promise<Answer | null> {
    if (this.pending) return null;
    this.pending = true;
    this.fault = null;
    this.refused = [];
    const place = `liandong.act.${session.me?.account}.${this.#name()}`;
    try {
      const answer = await this.#repeat({
        ...input,
        clientMutationId: keyFor(place, input),
      } as Input);
      localStorage.removeItem(place);
      this.refused = answer.userErrors;
      return answer.userErrors.length > 0 ? null : answer;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.fault = error;
      if (!this.uncertain) localStorage.removeItem(place);
      return null;
    } finally {
      this.pending = this.retrying = false;
    }
  }

  async #repeat(input: Input): Promise<Answer> {
    for (const wait of WAITS) {
      try {
        return await this.#ask(input);
      } catch (error) {
        if (!(error instanceof HubError) || !AGAIN.includes(error.code)) throw error;
        this.retrying = true;
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
    return this.#ask(input);
  }
}

/** The key of the act that was sent with this input and not answered, or a new one. */
function keyFor(place: string, input: object): string {
  const print = JSON.stringify(input);
  const [key, kept] = JSON.parse(localStorage.getItem(place) ?? '[]') as string[];
  if (key && kept === print) return key;
  const made = crypto.randomUUID();
  localStorage.setItem(place, JSON.stringify([made, print]));
  return made;
}
