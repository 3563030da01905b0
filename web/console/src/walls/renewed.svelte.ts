import { connection } from '../hub';

/**
 * Load the page anew when the hub has come back with another build: nobody stands before a wall to do it.
 * Call it while a component is made.
 */
export function renewed(): void {
  let away = false;
  $effect(() => {
    if (connection.lostSince !== null) away = true;
    else if (away) {
      away = false;
      void compare();
    }
  });
}

async function compare(): Promise<void> {
  const mine = document.querySelector('script[type="module"]')?.getAttribute('src');
  try {
    const page = await (await fetch(location.pathname, { cache: 'no-cache' })).text();
    if (mine && page.includes('type="module"') && !page.includes(mine)) location.reload();
  } catch {
    // it is away again: the next return asks
  }
}
