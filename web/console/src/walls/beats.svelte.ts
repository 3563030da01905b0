import type { WallPage } from '$shared/gql/generated';
import { HubError } from '$shared/hub/errors';
import { session } from '../hub';
import { BEAT } from './wall';

/**
 * Say again and again that this wall lives, what it shows, and how old its picture is: a screen whose
 * browser draws nothing any more says so. Call it while a component is made.
 */
export function beats(shown: () => { page: WallPage; held: boolean }): void {
  let drawnAt = performance.now();

  async function beat(): Promise<void> {
    try {
      const token = await session.token();
      const frameAgeSeconds = Math.round(performance.now() - drawnAt) / 1000;
      await fetch('/console/session/beat', {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ ...shown(), frameAgeSeconds }),
        signal: AbortSignal.timeout(BEAT),
      });
    } catch (error) {
      // the next one says it; whoever waits for it sees that this one is missing
      if (!(
        error instanceof HubError ||
        error instanceof TypeError ||
        error instanceof DOMException
      ))
        throw error;
    }
  }

  $effect(() => {
    if (!session.me?.wall) return;
    let frame = requestAnimationFrame(function drawn(at) {
      drawnAt = at;
      looking = setTimeout(() => (frame = requestAnimationFrame(drawn)), 1000);
    });
    let looking: ReturnType<typeof setTimeout> | undefined;
    const turned = setInterval(() => void beat(), BEAT);
    return () => {
      clearInterval(turned);
      clearTimeout(looking);
      cancelAnimationFrame(frame);
    };
  });
  // also at once when it turns the page
  $effect(() => {
    void shown();
    if (session.me?.wall) void beat();
  });
}
