// What the manuals' pages do beyond being read: language, day and night, menu, search, copying.
import '../shared/styles/tokens.css';
import '../shared/styles/base.css';
import './site.css';
import { found, type Entry } from './search';

const LANGUAGE = 'liandong.language';
const THEME = 'liandong.theme';
/** Where the manuals' commands look for a hub: here it is the one that serves them. */
const WRITTEN = 'http://127.0.0.1:8000';
const root = document.documentElement;
const night = matchMedia('(prefers-color-scheme: dark)');

function showTheme(): void {
  const kept = localStorage.getItem(THEME);
  const chosen = kept === 'light' || kept === 'dark' ? kept : night.matches ? 'dark' : 'light';
  root.dataset.theme = chosen;
}

function showLanguage(): void {
  const english = localStorage.getItem(LANGUAGE) === 'en';
  root.lang = english ? 'en' : 'zh-CN';
  const { zh, en } = root.dataset;
  if (zh && en) document.title = english ? en : zh;
}

// before anything is painted: this script stands in the head
root.classList.add('js');
showTheme();
showLanguage();
night.addEventListener('change', showTheme);

function on<K extends keyof HTMLElementEventMap>(
  selector: string,
  event: K,
  does: (event: HTMLElementEventMap[K], element: HTMLElement) => void,
): void {
  for (const element of document.querySelectorAll<HTMLElement>(selector)) {
    element.addEventListener(event, (happened) => does(happened, element));
  }
}

/** The addresses in commands and links become this hub's own. */
function ownAddresses(): void {
  if (location.origin === WRITTEN) return;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.nodeValue?.includes(WRITTEN)) {
      node.nodeValue = node.nodeValue.replaceAll(WRITTEN, location.origin);
    }
  }
  for (const link of document.querySelectorAll<HTMLAnchorElement>(`a[href^="${WRITTEN}"]`)) {
    link.href = link.href.replace(WRITTEN, location.origin);
  }
}

async function copy(button: HTMLElement): Promise<void> {
  const code = button.parentElement?.querySelector('code');
  if (!code) return;
  const text = code.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // not a secure address: what is selected can still be copied by hand
    getSelection()?.selectAllChildren(code);
    return;
  }
  button.dataset.done = '';
  button.addEventListener('blur', () => delete button.dataset.done, { once: true });
}

function search(): void {
  const input = document.querySelector<HTMLInputElement>('#search');
  const list = document.querySelector<HTMLElement>('#found');
  if (!input || !list) return;
  let entries: Promise<Entry[]> | null = null;
  const load = () =>
    (entries ??= fetch(input.dataset.index ?? '').then(
      (answer) => answer.json() as Promise<Entry[]>,
    ));
  const close = () => {
    list.hidden = true;
  };

  async function look(): Promise<void> {
    const asked = input?.value ?? '';
    const hits = found(await load(), asked, root.lang === 'en' ? 'en' : 'zh');
    if (!list || asked !== input?.value) return;
    const rows = hits.map((hit) => {
      const link = document.createElement('a');
      link.href = hit.address;
      const page = document.createElement('small');
      page.textContent = hit.page;
      link.append(hit.heading, page);
      const row = document.createElement('li');
      row.append(link);
      return row;
    });
    const none = document.createElement('li');
    none.className = 'none';
    none.textContent =
      root.lang === 'en' ? 'Nothing found in titles and headings' : '标题中没有找到';
    list.replaceChildren(...(rows.length > 0 ? rows : [none]));
    list.hidden = asked.trim() === '';
  }

  input.addEventListener('focus', () => void load());
  input.addEventListener('input', () => void look());
  document.addEventListener('click', (event) => {
    if (!(event.target as Element).closest('.search')) close();
  });
  on('.search', 'keydown', (event) => {
    if (event.isComposing) return;
    const links = [...list.querySelectorAll('a')];
    const at = links.indexOf(document.activeElement as HTMLAnchorElement);
    if (event.key === 'Escape') {
      close();
      input.focus();
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const next = at + (event.key === 'ArrowDown' ? 1 : -1);
      (next < 0 ? input : links[Math.min(next, links.length - 1)])?.focus();
    } else if (event.key === 'Enter' && event.target === input) {
      event.preventDefault();
      links[0]?.click();
    }
  });
  document.addEventListener('keydown', (event) => {
    const typing = (event.target as Element).matches('input, textarea');
    if (event.key === '/' && !typing && !event.isComposing) {
      event.preventDefault();
      input.focus();
    }
  });
}

document.addEventListener('DOMContentLoaded', () => {
  showLanguage();
  ownAddresses();
  search();
  on('#language, [data-language]', 'click', (event) => {
    event.preventDefault();
    localStorage.setItem(LANGUAGE, root.lang === 'en' ? 'zh' : 'en');
    showLanguage();
  });
  on('#theme', 'click', () => {
    localStorage.setItem(THEME, root.dataset.theme === 'dark' ? 'light' : 'dark');
    showTheme();
  });
  on('#menu', 'click', (_, button) => {
    const open = button.getAttribute('aria-expanded') !== 'true';
    button.setAttribute('aria-expanded', String(open));
  });
  on('.copy', 'click', (_, button) => void copy(button));
  document.querySelector('nav [aria-current]')?.scrollIntoView({ block: 'nearest' });
});
