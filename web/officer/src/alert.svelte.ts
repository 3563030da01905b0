import { say } from '$shared/words.svelte';

const SOUND = 'liandong.officer.sound';
const NOTES = [880, 1175, 880];

/** What makes an officer look at the phone: a sound of ours, the phone's shaking, a notification. */
class Alert {
  /** Whether new orders are heard. */
  on = $state(localStorage.getItem(SOUND) !== 'off');
  /** Whether a sound has been let out since the app was opened: browsers want a touch first. */
  tried = $state(false);
  #context: AudioContext | null = null;

  /** Heard or not, from now on. */
  set(on: boolean): void {
    this.on = on;
    localStorage.setItem(SOUND, on ? 'on' : 'off');
  }

  /** Let out the sound, from a touch. False where the browser does not. */
  async try(): Promise<boolean> {
    this.tried = await this.#sound();
    return this.tried;
  }

  /** A new order, or a bulletin that is urgent. */
  async call(title: string, body: string, path: string): Promise<void> {
    if (this.on) {
      navigator.vibrate?.([300, 150, 300, 150, 300]);
      await this.#sound();
    }
    if (!document.hidden || !('Notification' in window) || Notification.permission !== 'granted')
      return;
    const worker = await navigator.serviceWorker?.getRegistration();
    await worker?.showNotification(title, {
      body,
      tag: path,
      data: { path },
      requireInteraction: true,
      icon: '/app/icon-192.png',
    });
  }

  async #sound(): Promise<boolean> {
    this.#context ??= new AudioContext();
    const context = this.#context;
    // without a touch this waits for ever
    await Promise.race([context.resume(), new Promise((resolve) => setTimeout(resolve, 500))]);
    if (context.state !== 'running') return false;
    for (const [place, hertz] of NOTES.entries()) {
      const [from, tone, loud] = [
        context.currentTime + place * 0.22,
        context.createOscillator(),
        context.createGain(),
      ];
      tone.frequency.value = hertz;
      loud.gain.setValueAtTime(0.0001, from);
      loud.gain.exponentialRampToValueAtTime(0.6, from + 0.02);
      loud.gain.exponentialRampToValueAtTime(0.0001, from + 0.2);
      tone.connect(loud).connect(context.destination);
      tone.start(from);
      tone.stop(from + 0.21);
    }
    return true;
  }
}

export const alert = new Alert();

/** The words of a notification: what it is, not what it says, which a locked screen would show. */
export const newOrder = (): string => say(['新指令', 'New order']);
export const takenBack = (): string => say(['指令已撤回', 'Order taken back']);
