/** What the hub refused, or why it was not reached, in words for the person. */
export class HubError extends Error {
  constructor(
    /** The hub's code (docs/errors.md), or OFFLINE when it was not reached. */
    readonly code: string,
    message: string,
    /** The argument at fault, as the hub names it. */
    readonly path: readonly string[] = [],
    /** What became of a write: DONE, NOT_DONE, UNKNOWN. */
    readonly outcome: string | null = null,
  ) {
    super(message);
  }
}

/** The hub says most things in both languages, "中文 / English": the one that is spoken. */
export function spoken(message: string, language: 'zh' | 'en'): string {
  const [zh, ...en] = message.split(' / ');
  if (en.length === 0 || !/[\u4e00-\u9fff]/.test(zh ?? '')) return message;
  return language === 'zh' ? (zh ?? message) : en.join(' / ');
}
