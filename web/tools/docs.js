// Makes the manuals' pages: docs/*.md, and what they lead to, into ../liandong/web/docs.
//
// A link from one Markdown file to another leads from page to page, one to any other file of the
// repository to a copy of it; a link that leads nowhere fails the build.
import MarkdownIt from 'markdown-it';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { GROUPS } from '../docs/pages.js';
import { docsConfig } from '../vite.config.js';
import { code } from './code.js';
import { page as frame, both } from './frame.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BASE = '/docs/';

/**
 * @typedef {import('../docs/pages.js').Title} Title
 * @typedef {{ text: string, slug: string, level: number }} Heading
 * @typedef {{ html: string, headings: Heading[] }} Rendered
 * @typedef {{ file: string, address: string, title: Title, under: boolean, folder?: readonly Page[] }} Page
 * @typedef {{ title: Title, pages: Page[] }} Group
 */

const read = (/** @type {string} */ file) => readFileSync(path.join(ROOT, file), 'utf8');
/** The first heading of a Markdown file, as plain text. @param {string} file */
const heading = (file) => (/^# (.*)$/m.exec(read(file))?.[1] ?? file).replaceAll('`', '');

/** Where a file's page is. @param {string} file */
function addressOf(file) {
  if (file === 'docs/README.md') return BASE;
  if (file === 'README.md') return `${BASE}about`;
  const bare = file.replace(/^docs\//, '').replace(/\.md$/, '');
  return BASE + bare.replace(/\/README$/, '').toLowerCase();
}

/** @returns {Group[]} */
function listed() {
  return GROUPS.map(({ title, pages }) => ({
    title,
    pages: pages.flatMap(([file, zh, en]) => {
      const own = {
        file,
        address: addressOf(file),
        title: /** @type {Title} */ ([zh, en]),
        under: false,
      };
      if (file.endsWith('.md')) return [own];
      const names = readdirSync(path.join(ROOT, file)).filter((name) => name.endsWith('.md'));
      const folder = names.sort().map((name) => {
        const inner = `${file}/${name}`;
        // a kind of feed is called as in a configuration, whatever its page says behind that
        const named = heading(inner).replace(/^(\w+): .*/, '$1');
        return {
          file: inner,
          address: addressOf(inner),
          title: /** @type {Title} */ ([named, named]),
          under: true,
        };
      });
      return [{ ...own, folder }, ...folder];
    }),
  }));
}

/** As GitHub makes them. @param {string} text @param {Set<string>} taken */
function slugOf(text, taken) {
  const bare = text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
  let slug = bare;
  for (let number = 1; taken.has(slug); number += 1) slug = `${bare}-${number}`;
  taken.add(slug);
  return slug;
}

/** @param {string} html */
const escape = (html) =>
  html
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

/**
 * Renders Markdown files one after the other.
 * @param {Map<string, Page>} pages by their file
 * @param {(file: string) => string} keep copies a file that is no page, and says where it is then
 */
function renderer(pages, keep) {
  const markdown = new MarkdownIt({ html: true, linkify: false });
  const rules = markdown.renderer.rules;
  const picture = rules.image;
  const plain = (/** @type {import('markdown-it').Token[]} */ tokens) =>
    tokens.map((token) => (token.children ? '' : token.content)).join('');

  // a line that ends between two Chinese characters ends without a space
  rules.softbreak = (tokens, at) => {
    const around = (tokens[at - 1]?.content.at(-1) ?? '') + (tokens[at + 1]?.content.at(0) ?? '');
    return /^[\u3000-\u9fff\uff00-\uffef]{2}$/.test(around) ? '' : '\n';
  };
  rules.html_block = () => '';
  rules.fence = (tokens, at) => {
    const { content, info } = /** @type {import('markdown-it').Token} */ (tokens[at]);
    const copy = `<button type="button" class="copy">${both(['复制', 'Copy'])}</button>`;
    return `<div class="block">${info ? copy : ''}<pre tabindex="0"><code>${code(content, info)}</code></pre></div>\n`;
  };
  rules.table_open = () => '<div class="table" tabindex="0"><table>\n';
  rules.table_close = () => '</table></div>\n';
  for (const kind of ['th_open', 'td_open']) {
    rules[kind] = (tokens, at) => {
      const token = /** @type {import('markdown-it').Token} */ (tokens[at]);
      // an alignment is a style of its own, which our content security policy refuses
      const right = token.attrGet('style')?.includes('right') ? ' class="num"' : '';
      return `<${token.tag}${right}>`;
    };
  }

  /** @param {string} file @param {Set<string>} taken @returns {Rendered} */
  return (file, taken) => {
    /** @type {Heading[]} */
    const headings = [];
    rules.heading_open = (tokens, at) => {
      const token = /** @type {import('markdown-it').Token} */ (tokens[at]);
      const text = plain(tokens[at + 1]?.children ?? []);
      const slug = slugOf(text, taken);
      const level = Number(token.tag.slice(1));
      headings.push({ text, slug, level });
      return `<${token.tag} id="${escape(slug)}">`;
    };
    rules.heading_close = (tokens, at) => {
      const { tag } = /** @type {import('markdown-it').Token} */ (tokens[at]);
      const { slug = '', text = '' } = headings.at(-1) ?? {};
      const here = `<a class="here" href="#${escape(slug)}" aria-label="${escape(text)}">#</a>`;
      return `${tag === 'h1' ? '' : here}</${tag}>\n`;
    };
    rules.link_open = (tokens, at, options, _, self) => {
      const token = /** @type {import('markdown-it').Token} */ (tokens[at]);
      const href = token.attrGet('href') ?? '';
      if (!/^[a-z]+:|^#/.test(href)) follow(file, href, token, tokens[at + 1]);
      return self.renderToken(tokens, at, options);
    };
    rules.html_inline = (tokens, at) => {
      const text = tokens[at]?.content ?? '';
      const image = /^<img src="([^"]+)"/.exec(text);
      if (image?.[1]) return text.replace(image[1], keep(fileAt(file, image[1])));
      return text.startsWith('<!--') ? '' : escape(text);
    };
    rules.image = (tokens, at, options, env, self) => {
      const token = /** @type {import('markdown-it').Token} */ (tokens[at]);
      token.attrSet('src', keep(fileAt(file, token.attrGet('src') ?? '')));
      token.attrSet('loading', 'lazy');
      return picture?.(tokens, at, options, env, self) ?? '';
    };
    return { html: markdown.render(read(file)), headings };
  };

  /**
   * Lead a link to where its target is on the site. A page that is called by its file's name is called by
   * its title; the same page in the other language is shown by changing the language.
   * @param {string} from
   * @param {string} href
   * @param {import('markdown-it').Token} link
   * @param {import('markdown-it').Token | undefined} text
   */
  function follow(from, href, link, text) {
    const [to = '', hash] = href.split('#');
    const target = path.posix
      .normalize(path.posix.join(path.posix.dirname(from), to))
      .replace(/\/$/, '');
    const page =
      pages.get(target.replace(/\.zh-CN\.md$/, '.md')) ?? pages.get(`${target}/README.md`);
    if (page) {
      link.attrSet('href', page.address + (hash ? `#${hash}` : ''));
      if (pages.get(from.replace(/\.zh-CN\.md$/, '.md')) === page && to)
        link.attrSet('data-language', '');
      if (text && to.endsWith(text.content)) {
        text.content = page.title[from.endsWith('.zh-CN.md') ? 0 : 1];
      }
      return;
    }
    link.attrSet('href', keep(fileAt(from, to)));
  }
}

/** The file that a page names, from the root on. @param {string} from @param {string} to */
function fileAt(from, to) {
  const file = path.posix.normalize(path.posix.join(path.posix.dirname(from), to));
  if (!existsSync(path.join(ROOT, file)) || statSync(path.join(ROOT, file)).isDirectory()) {
    throw new Error(`${from} links to ${to}, which is no page and no file.`);
  }
  return file;
}

/** The list of a folder's pages. @param {Page} page @returns {Rendered} */
function listing({ title, folder = [] }) {
  const rows = folder.map(
    ({ address, title: [name] }) => `<li><a href="${address}">${escape(name)}</a></li>`,
  );
  return { html: `<h1>${both(title)}</h1><ul>${rows.join('\n')}</ul>`, headings: [] };
}

/** Build the manuals into this folder. @param {string} out with a slash at its end */
export async function buildDocs(out) {
  const built = await build(docsConfig(out));
  const output = 'output' in built ? built.output : [];
  const named = (/** @type {string} */ end) => {
    const found = output.find(({ fileName }) => fileName.endsWith(end));
    if (!found) throw new Error(`The build of the manuals made no ${end} file.`);
    return BASE + found.fileName;
  };
  const groups = listed();
  const pages = groups.flatMap((group) => group.pages);
  const write = (/** @type {string} */ name, /** @type {string} */ text) => {
    mkdirSync(path.dirname(out + name), { recursive: true });
    writeFileSync(out + name, text);
  };
  const render = renderer(new Map(pages.map((page) => [page.file, page])), (file) => {
    mkdirSync(path.dirname(`${out}files/${file}`), { recursive: true });
    copyFileSync(path.join(ROOT, file), `${out}files/${file}`);
    return `${BASE}files/${file}`;
  });

  /** @type {import('../docs/search').Entry[]} */
  const entries = [];
  const shown = pages.map((page) => {
    const taken = /** @type {Set<string>} */ (new Set());
    const translated = page.file.replace(/\.md$/, '.zh-CN.md');
    const en = page.folder ? listing(page) : render(page.file, taken);
    const zh =
      !page.folder && existsSync(path.join(ROOT, translated)) ? render(translated, taken) : null;
    const [zhTitle, enTitle] = page.title;
    entries.push({ u: page.address, zh: zhTitle, en: enTitle, h: '' });
    for (const { text, slug, level } of [...(zh?.headings ?? []), ...en.headings]) {
      if (level > 1)
        entries.push({ u: `${page.address}#${slug}`, zh: zhTitle, en: enTitle, h: text });
    }
    return { page, en, zh };
  });
  const index = JSON.stringify(entries);
  const digest = createHash('sha256').update(index).digest('hex').slice(0, 8);
  write(`assets/search-${digest}.json`, index);
  const files = {
    script: named('.js'),
    style: named('.css'),
    index: `${BASE}assets/search-${digest}.json`,
  };
  for (const [at, { page, en, zh }] of shown.entries()) {
    const name = page.address.slice(BASE.length) || 'index';
    const beside = { before: pages[at - 1], after: pages[at + 1] };
    write(`${name}.html`, frame({ page, groups, en, zh, files, beside }));
  }
  const gone = /** @type {Page} */ ({
    file: '',
    address: '',
    title: ['没有此页', 'No such page'],
    under: false,
  });
  const said = both([
    '手册中没有这个地址，目录里有全部页面。',
    'The manuals have no such address. All pages are in the menu.',
  ]);
  const html = `<h1>${both(gone.title)}</h1><p>${said}</p>`;
  write(
    '404.html',
    frame({ page: gone, groups, en: { html, headings: [] }, zh: null, files, beside: {} }),
  );
}
