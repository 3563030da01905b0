import { session } from '../hub';

/** Signing out, which is asked about first: one click must not end a desk's watch. */
class Leaving {
  /** Whether somebody is being asked. */
  asked = $state(false);

  /** Ask. */
  ask(): void {
    this.asked = true;
  }

  /** Do it. */
  async go(): Promise<void> {
    this.asked = false;
    await session.signOut();
  }
}

export const leaving = new Leaving();
