// A little colour for the manuals' examples: comments, texts, words of the language. No more.

/** @type {Record<string, RegExp>} */
const PARTS = {
  sh: /(?<note>(?<=^|\s)#.*)|(?<text>"(?:\\.|[^"\\])*"|'[^']*')|(?<word>(?<=^|[\s(|;])(?:curl|echo|export|if|then|fi|for|do|done|while)\b)/gm,
  graphql:
    /(?<note>#.*)|(?<text>"(?:\\.|[^"\\])*")|(?<word>\b(?:query|mutation|subscription|fragment|on|true|false|null|type|enum|input)\b)/gm,
  json: /(?<word>"(?:\\.|[^"\\])*"(?=\s*:))|(?<text>"(?:\\.|[^"\\])*")/gm,
  toml: /(?<note>#.*)|(?<text>"(?:\\.|[^"\\])*"|'[^']*')|(?<word>^\s*\[+[^\]]+\]+)/gm,
  js: /(?<note>\/\/.*)|(?<text>"(?:\\.|[^"\\])*"|'[^']*'|`[^`]*`)|(?<word>\b(?:const|let|function|return|import|from|new|await|async|null|true|false)\b)/gm,
  python:
    /(?<note>#.*)|(?<text>"(?:\\.|[^"\\])*"|'[^']*')|(?<word>\b(?:def|class|return|import|from|as|if|else|for|in|not|async|await|None|True|False|raise|with)\b)/gm,
};

/** @param {string} text */
const escape = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * A block of code as HTML.
 * @param {string} content
 * @param {string} language
 */
export function code(content, language) {
  const parts = PARTS[language];
  if (!parts) return escape(content);
  let html = '';
  let at = 0;
  for (const found of content.matchAll(parts)) {
    const [kind] = Object.entries(found.groups ?? {}).find(([, part]) => part !== undefined) ?? [
      'text',
    ];
    html += `${escape(content.slice(at, found.index))}<span class="${kind}">${escape(found[0])}</span>`;
    at = found.index + found[0].length;
  }
  return html + escape(content.slice(at));
}
