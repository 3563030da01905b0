import { route } from '../hub';

/** Where the console shows the situation as it was at a moment. */
export function momentAt(at: string | number): string {
  return route.to(`history?at=${new Date(at).toISOString()}`);
}
