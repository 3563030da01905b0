import type { AlarmLevel } from '$shared/gql/generated';
import { clock } from '$shared/hub/clock.svelte';
import { session } from '../hub';

/** What sounds: a level, or a report from the field, which is told from what is wrong with the hub. */
export type Tone = AlarmLevel | 'REPORT';

/** The most pressing first: frequencies in Hz. No two begin alike. */
export const TONES: Record<Tone, readonly number[]> = {
  ACT: [880, 660, 880, 660],
  REPORT: [700, 700, 930],
  URGENT: [440, 440, 440],
  CAUTION: [520, 780],
  NOTICE: [330, 247],
};
/** Seconds of one note, and between two repetitions of a tone that nobody has taken up. */
const NOTE = 0.22;
const AGAIN_MS = 8_000;
const VOLUME = 0.25;
const KEPT = 'liandong.silence';

interface Silence {
  until: number;
  by: string;
}

/**
 * The tones of alarms on this desk.
 *
 * A browser lets nobody hear anything before a first click; until then `ready` is false and the header
 * says so. Silence has an end and a name, always.
 */
class Sound {
  /** Whether the machine would be heard. */
  ready = $state(false);
  #silence = $state.raw<Silence | null>(kept());
  #context: AudioContext | null = null;
  #playing: ReturnType<typeof setInterval> | undefined;
  #tone: Tone | null = null;

  /** Since when and by whose wish nothing is heard; null while everything is. */
  get silence(): Silence | null {
    return this.#silence && this.#silence.until > clock.now ? this.#silence : null;
  }

  /** A person has touched the page: from now on it may be heard. */
  async unlock(): Promise<void> {
    this.#context ??= new AudioContext();
    const context = this.#context;
    context.onstatechange = () => (this.ready = context.state === 'running');
    if (context.state !== 'running') await context.resume();
    this.ready = context.state === 'running';
    if (this.#tone) this.#sound(this.#tone);
  }

  /** Say nothing for so many minutes; 0 ends it. */
  hush(minutes: number): void {
    const by = session.me?.name.zh ?? session.me?.login ?? '';
    this.#silence = minutes > 0 ? { until: clock.read() + minutes * 60_000, by } : null;
    localStorage.setItem(KEPT, JSON.stringify(this.#silence));
  }

  /** Let the tone be heard once, whatever is asked for silence. */
  async tryOut(tone: Tone = 'ACT'): Promise<void> {
    await this.unlock();
    this.#play(tone);
  }

  /** An alarm of this tone waits for somebody: sound again and again. Null: none does. */
  alarm(tone: Tone | null): void {
    if (tone === this.#tone) return;
    this.#tone = tone;
    clearInterval(this.#playing);
    if (!tone) return;
    this.#sound(tone);
    this.#playing = setInterval(() => this.#sound(tone), AGAIN_MS);
  }

  #sound(tone: Tone): void {
    if (this.ready && !this.silence) this.#play(tone);
  }

  #play(which: Tone): void {
    const context = this.#context;
    if (!context) return;
    TONES[which].forEach((frequency, index) => {
      const [from, tone, gain] = [
        context.currentTime + index * NOTE * 1.1,
        context.createOscillator(),
        context.createGain(),
      ];
      tone.type = 'triangle';
      tone.frequency.value = frequency;
      // a note that begins or ends abruptly clicks
      gain.gain.setValueAtTime(0, from);
      gain.gain.linearRampToValueAtTime(VOLUME, from + 0.02);
      gain.gain.setValueAtTime(VOLUME, from + NOTE - 0.04);
      gain.gain.linearRampToValueAtTime(0, from + NOTE);
      tone.connect(gain).connect(context.destination);
      tone.start(from);
      tone.stop(from + NOTE);
    });
  }
}

function kept(): Silence | null {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? 'null') as Silence | null;
  } catch {
    return null;
  }
}

export const sound = new Sound();
