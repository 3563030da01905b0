/**
 * The one clock of every pane: the hub's time, carried on by this machine's steady counter.
 *
 * A wrong clock on this machine makes no timer early or late.
 */
class Clock {
  /** The hub's time in milliseconds, once a second. */
  now = $state(Date.now());
  /** Milliseconds by which this machine's own clock is wrong; null until the hub has said. */
  machineOff = $state<number | null>(null);
  #origin = Date.now();
  #counter = performance.now();
  #speed = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Take the time from the hub: what it is, and how fast it runs (a sandbox may run faster). */
  set(now: string, speed = 1): void {
    this.#origin = Date.parse(now);
    this.#counter = performance.now();
    this.#speed = speed;
    this.machineOff = Date.now() - this.#origin;
    this.#tick();
  }

  /** The hub's time this instant, in milliseconds. */
  read(): number {
    return this.#origin + (performance.now() - this.#counter) * this.#speed;
  }

  /** Begin to tick. */
  start(): void {
    this.#tick();
  }

  #tick(): void {
    clearTimeout(this.#timer);
    this.now = this.read();
    this.#timer = setTimeout(() => this.#tick(), (1000 - (this.now % 1000)) / this.#speed + 1);
  }
}

export const clock = new Clock();
