const HOUR = 3_600_000;

/**
 * A newer version of this app: fetched behind, offered when nothing waits to be sent, and taken when
 * the officer says so.
 */
export class Version {
  /** Whether one is here and waits. */
  waiting = $state(false);
  #registration: ServiceWorkerRegistration | null = null;

  /** Take the app onto this phone, and look for newer versions from time to time. */
  async install(workers = navigator.serviceWorker): Promise<void> {
    if (!workers) return;
    let replacing = false;
    let controlled = workers.controller !== null;
    workers.addEventListener('controllerchange', () => {
      // the first one takes an app that is already the newest
      const first = !controlled;
      controlled = true;
      if (first || replacing) return;
      replacing = true;
      location.reload();
    });
    try {
      this.#registration = await workers.register('/app/worker.js', { scope: '/app/' });
    } catch {
      return; // no network at the first visit: the next one installs it
    }
    this.#watch(this.#registration);
    const look = () => void this.#registration?.update().catch(() => undefined);
    document.addEventListener('visibilitychange', () => document.hidden || look());
    setInterval(look, HOUR);
  }

  /** Use the newer one now. */
  take(): void {
    this.#registration?.waiting?.postMessage('take');
  }

  #watch(registration: ServiceWorkerRegistration): void {
    const see = () =>
      (this.waiting = registration.waiting !== null && registration.active !== null);
    see();
    registration.addEventListener('updatefound', () => {
      registration.installing?.addEventListener('statechange', see);
    });
  }
}

export const version = new Version();
