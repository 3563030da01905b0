// What stands around a page of the manuals: the head, the menu, what is on the page, what comes next.

/**
 * @typedef {import('./docs.js').Page} Page
 * @typedef {import('./docs.js').Group} Group
 * @typedef {import('./docs.js').Rendered} Rendered
 * @typedef {import('../docs/pages.js').Title} Title
 */

/** @param {string} text */
const escape = (text) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

/**
 * Both languages, of which the style sheet shows one.
 * @param {Title} title
 */
export const both = ([zh, en]) =>
  zh === en
    ? escape(zh)
    : `<span class="zh" lang="zh-CN">${escape(zh)}</span><span class="en" lang="en">${escape(en)}</span>`;

const MARK =
  '<svg viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-width="2.6" aria-hidden="true">' +
  '<path d="M13.500 20.500H9a6.500 6.500 0 0 1 0-13h7a6.500 6.500 0 0 1 6.400 5.400"/>' +
  '<path d="M18.500 11.500H23a6.500 6.500 0 0 1 0 13h-7a6.500 6.500 0 0 1-6.400-5.400"/></svg>';
const MOON =
  '<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">' +
  '<path d="M16.500 12.200A7 7 0 0 1 7.800 3.500a7 7 0 1 0 8.700 8.700z"/></svg>';
const LINES =
  '<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d="M3 5.500h14M3 10h14M3 14.500h14"/></svg>';

/** @param {Page} page @param {Page} shown */
function entry(page, shown) {
  const current = page.address === shown.address ? ' aria-current="page"' : '';
  return `<li><a href="${page.address}"${current}>${both(page.title)}</a></li>`;
}

/** The menu: a folder's pages are seen when one is in it. @param {Group[]} groups @param {Page} shown */
function menu(groups, shown) {
  return groups
    .map(({ title, pages }) => {
      const rows = pages
        .filter((page) => !page.under)
        .map((page) => {
          const inside = page.folder?.some(({ address }) => address === shown.address);
          const open = page.folder && (inside || page.address === shown.address);
          const below = open
            ? `<ul>${page.folder?.map((one) => entry(one, shown)).join('')}</ul>`
            : '';
          return entry(page, shown).replace('</li>', `${below}</li>`);
        });
      return `<h2>${both(title)}</h2><ul>${rows.join('\n')}</ul>`;
    })
    .join('\n');
}

/** What is on this page. @param {Rendered} rendered @param {string} language */
function contents({ headings }, language) {
  const rows = headings
    .filter(({ level }) => level === 2 || level === 3)
    .map(
      ({ text, slug, level }) =>
        `<li class="l${level}"><a href="#${escape(slug)}">${escape(text)}</a></li>`,
    );
  if (rows.length < 2) return '';
  return `<div class="${language}"><h2>${both(['本页', 'On this page'])}</h2><ul>${rows.join('\n')}</ul></div>`;
}

/**
 * A whole page.
 * @param {{
 *   page: Page, groups: Group[], en: Rendered, zh: Rendered | null,
 *   files: { script: string, style: string, index: string },
 *   beside: { before?: Page | undefined, after?: Page | undefined },
 * }} what
 */
export function page({ page: shown, groups, en, zh, files, beside }) {
  const [zhTitle, enTitle] = shown.title;
  const zhName = escape(`${zhTitle} · 联动手册`);
  const enName = escape(`${enTitle} · Liandong manuals`);
  const english = shown.folder || shown.file === '' ? '' : ' lang="en"';
  const note = '<p class="note zh">本页正文为英文，术语附中文。</p>';
  const articles = zh
    ? `<article class="zh" lang="zh-CN">${zh.html}</article><article class="en" lang="en">${en.html}</article>`
    : `${english ? note : ''}<article${english}>${en.html}</article>`;
  const aside = zh ? contents(zh, 'zh') + contents(en, 'en') : contents(en, 'any');
  const step = (/** @type {Page | undefined} */ to, /** @type {Title} */ word) =>
    to
      ? `<a href="${to.address}"><small>${both(word)}</small>${both(to.title)}</a>`
      : '<span></span>';
  return `<!doctype html>
<html lang="zh-CN" data-theme="light" data-density="phone" data-zh="${zhName}" data-en="${enName}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${zhName}</title>
<link rel="icon" href="/console/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${files.style}">
<script src="${files.script}"></script>
</head>
<body>
<a class="skip" href="#main">${both(['跳到正文', 'Skip to the text'])}</a>
<header>
<button type="button" id="menu" class="button" aria-expanded="false" aria-controls="pages">${LINES}<span class="sr">${both(['目录', 'Menu'])}</span></button>
<a class="home" href="/docs/">${MARK}<strong>${both(['联动手册', 'Liandong manuals'])}</strong></a>
<div class="search" role="search">
<label class="sr" for="search">${both(['搜索标题', 'Search titles'])}</label>
<input type="search" id="search" autocomplete="off" spellcheck="false" placeholder="搜索 Search  /" data-index="${files.index}">
<ul id="found" hidden></ul>
</div>
<a class="button" href="/graphql">${both(['查询台', 'GraphiQL'])}</a>
<button type="button" id="language" class="button"><span class="zh" lang="en">English</span><span class="en" lang="zh-CN">中文</span></button>
<button type="button" id="theme" class="button">${MOON}<span class="sr">${both(['切换日夜', 'Day or night'])}</span></button>
</header>
<nav id="pages" aria-label="目录 Menu">
${menu(groups, shown)}
</nav>
<main id="main">
${articles}
<footer>${step(beside.before, ['上一页', 'Before'])}${step(beside.after, ['下一页', 'Next'])}</footer>
</main>
<aside>${aside}</aside>
</body>
</html>
`;
}
