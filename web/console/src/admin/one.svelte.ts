import { OneAccount } from '$shared/gql/generated';
import { HubError } from '$shared/hub/errors';
import { ask } from '../hub';
import type { Account } from './account';

/** An account that no list shows, asked for by its login; null asks nothing. */
export function one(login: () => string | null) {
  let account = $state.raw<Account | null>(null);
  let ready = $state(false);
  $effect(() => {
    const id = login();
    let over = false;
    account = null;
    ready = false;
    if (id === null) return;
    ask(OneAccount, { id }).then(
      (found) => {
        if (over) return;
        account = found.account;
        ready = true;
      },
      (error: unknown) => {
        if (!(error instanceof HubError)) throw error;
        ready = !over;
      },
    );
    return () => (over = true);
  });
  return {
    get account() {
      return account;
    },
    get ready() {
      return ready;
    },
  };
}
