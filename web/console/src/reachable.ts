import type { Attachment } from 'svelte/attachments';

/**
 * What scrolls is scrolled by the keyboard too, in every browser: while there is more in it than is shown it
 * is a stop of the Tab key, by this name.
 */
export function reachable(name: string): Attachment<HTMLElement> {
  return (element) => {
    function look(): void {
      const more = element.scrollHeight > element.clientHeight + 1;
      if (more) {
        element.tabIndex = 0;
        element.role = 'group';
        element.ariaLabel = name;
      } else {
        element.removeAttribute('tabindex');
        element.role = null;
        element.ariaLabel = null;
      }
    }
    const sizes = new ResizeObserver(look);
    const children = new MutationObserver(() => {
      for (const child of element.children) sizes.observe(child);
      look();
    });
    sizes.observe(element);
    for (const child of element.children) sizes.observe(child);
    children.observe(element, { childList: true });
    return () => {
      sizes.disconnect();
      children.disconnect();
    };
  };
}
