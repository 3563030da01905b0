/**
 * Where in the app a person is: the path below its base, and what stands behind the question mark.
 *
 * Links are ordinary links; a click on one stays in the page.
 */
export class Route {
  path = $state('');
  query = $state.raw(new URLSearchParams());
  readonly base: string;

  constructor(base: string) {
    this.base = base;
    this.#read();
    window.addEventListener('popstate', () => this.#read());
    window.addEventListener('click', (event) => this.#clicked(event));
  }

  /** The address of a path below the base. */
  to(path: string): string {
    return this.base + path;
  }

  /** Go there. */
  go(path: string, replace = false): void {
    history[replace ? 'replaceState' : 'pushState'](null, '', this.to(path));
    this.#read();
  }

  #read(): void {
    this.path = decodeURI(location.pathname.slice(this.base.length));
    this.query = new URLSearchParams(location.search);
  }

  #clicked(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest?.('a');
    if (!link || link.target || link.origin !== location.origin) return;
    if (!link.pathname.startsWith(this.base) || link.hasAttribute('download')) return;
    event.preventDefault();
    this.go(link.pathname.slice(this.base.length) + link.search);
  }
}
