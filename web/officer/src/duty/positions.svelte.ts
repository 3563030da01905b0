import { clock } from '$shared/hub/clock.svelte';
import { HubError } from '$shared/hub/errors';
import type { Mobile } from '../mobile';
import type { Database, Fix } from '../store/database';

const CHOSEN = 'liandong.officer.positions';
const MOVING = 30_000;
const STILL = 120_000;
/** Metres from one position to the next that are a movement and not the error of a measurement. */
const MOVED = 25;
/** The hub takes 500 at once; older ones than these are worth nothing any more. */
const MOST = 500;

/** The officer's own positions: on duty only, only who wants it, and seen to be sent. */
export class Positions {
  /** Whether the officer has chosen to send them. */
  chosen = $state(localStorage.getItem(CHOSEN) === 'on');
  /** The last one measured here. */
  last = $state.raw<Fix | null>(null);
  /** The hub's time when some were last taken by it. */
  sentAt = $state<number | null>(null);
  /** Why none can be measured. */
  fault = $state<'denied' | 'unavailable' | null>(null);
  readonly #db: Database;
  readonly #mobile: Mobile;
  #noted: Fix | null = null;

  constructor(db: Database, mobile: Mobile) {
    this.#db = db;
    this.#mobile = mobile;
  }

  /** Send them from now on, or no more. */
  choose(on: boolean): void {
    this.chosen = on;
    localStorage.setItem(CHOSEN, on ? 'on' : 'off');
  }

  /** Measure and send for an account on duty, until the answer is called. */
  follow(account: string): () => void {
    const watch = navigator.geolocation.watchPosition(
      ({ coords }) => {
        const { latitude: lat, longitude: lon, accuracy } = coords;
        this.fault = null;
        this.last = { lat, lon, accuracy, at: clock.read() };
        void this.#note(account);
      },
      ({ code }) => (this.fault = code === 1 ? 'denied' : 'unavailable'),
      { enableHighAccuracy: true, maximumAge: 10_000, timeout: 60_000 },
    );
    // a phone that lies still tells no new position: the old one is still true
    const timer = setInterval(() => void this.#note(account), MOVING);
    return () => {
      navigator.geolocation.clearWatch(watch);
      clearInterval(timer);
      // off duty nothing more is sent, not even what had no network before
      void this.#db.fixes.where('account').equals(account).delete();
    };
  }

  async #note(account: string): Promise<void> {
    const { last } = this;
    if (!last || !isDue(this.#noted, last, clock.read())) return;
    this.#noted = { ...last, at: clock.read() };
    await this.#db.fixes.add({ account, ...this.#noted }).catch(() => undefined);
    await this.#send(account);
  }

  /** Send what is noted; without a network it waits. */
  async #send(account: string): Promise<void> {
    const noted = await this.#db.fixes.where('account').equals(account).toArray();
    const kept = noted.slice(-MOST);
    if (kept.length === 0) return;
    const positions = kept.map(({ lat, lon, accuracy, at }) => ({
      at: new Date(at).toISOString(),
      lat,
      lon,
      accuracy: Math.min(accuracy, 100_000),
    }));
    try {
      await this.#mobile.call(account, 'POST', 'positions', { positions });
      this.sentAt = clock.read();
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      if (error.code !== 'INVALID') return;
    }
    await this.#db.fixes.bulkDelete(noted.map(({ seq }) => seq ?? 0));
  }
}

/** Whether a position is due: every 30 s while moving, every 120 s at rest. */
export function isDue(before: Fix | null, now: Fix, at: number): boolean {
  if (!before) return true;
  const moved = metres(before, now) > Math.max(MOVED, now.accuracy);
  return at - before.at >= (moved ? MOVING : STILL);
}

/** How far apart two places are, in metres. */
export function metres(a: { lat: number; lon: number }, b: { lat: number; lon: number }): number {
  const rad = Math.PI / 180;
  const x = (b.lon - a.lon) * rad * Math.cos(((a.lat + b.lat) / 2) * rad);
  const y = (b.lat - a.lat) * rad;
  return Math.hypot(x, y) * 6_371_000;
}
