import { clock } from '$shared/hub/clock.svelte';
import { Past } from './past.svelte';

export const SPEEDS = [1, 10, 60] as const;
export type Speed = (typeof SPEEDS)[number];

/** Which moment the console shows: now, unless somebody looks back. */
class Viewing {
  /** The moment that has passed; null: it is now. */
  past = $state.raw<Past | null>(null);
  playing = $state(false);
  speed = $state<Speed>(10);
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Show a moment, in milliseconds; null, or one that is still to come: now. */
  go(at: number | null): void {
    if (at === null || at >= clock.read()) {
      this.pause();
      this.past = null;
    } else if (this.past) this.past.at = at;
    else this.past = new Past(at);
    void this.past?.load();
  }

  /** By so many milliseconds, back where they are less than none. */
  step(by: number): void {
    this.go((this.past?.at ?? clock.read()) + by);
  }

  /** Let it go on, so fast, until it is now. */
  play(): void {
    this.pause();
    this.playing = true;
    this.#timer = setInterval(() => this.step(this.speed * 1_000), 1_000);
  }

  pause(): void {
    clearInterval(this.#timer);
    this.playing = false;
  }
}

export const viewing = new Viewing();
