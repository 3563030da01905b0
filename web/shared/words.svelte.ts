/**
 * What the apps say, in Chinese and in English.
 *
 * A folder has a table of its own words. A word is a pair, or a function that gives one; the compiler
 * sees to it that none has only one language.
 */
export type Pair = readonly [zh: string, en: string];
export type Language = 'zh' | 'en';
type Word = Pair | ((...given: never[]) => Pair);
type Said<W> = W extends (...given: infer G) => Pair ? (...given: G) => string : string;

const KEPT = 'liandong.language';

class Choice {
  is = $state<Language>(localStorage.getItem(KEPT) === 'en' ? 'en' : 'zh');

  /** Speak this language from now on, on this machine. */
  set(language: Language): void {
    this.is = language;
    localStorage.setItem(KEPT, language);
    this.show();
  }

  /** Tell the browser, for the screen reader and for line breaks. */
  show(): void {
    document.documentElement.lang = this.is === 'zh' ? 'zh-CN' : 'en';
  }
}

export const language = new Choice();

/** One of the two, in the language that is spoken now. */
export function say([zh, en]: Pair): string {
  return language.is === 'zh' ? zh : en;
}

/** A table of words, read like an object of strings and functions. */
export function words<const T extends Record<string, Word>>(
  table: T,
): { [K in keyof T]: Said<T[K]> } {
  const said = {};
  for (const [name, word] of Object.entries(table)) {
    Object.defineProperty(said, name, {
      enumerable: true,
      get: () =>
        typeof word === 'function'
          ? (...given: never[]) => say((word as (...given: never[]) => Pair)(...given))
          : say(word),
    });
  }
  return said as { [K in keyof T]: Said<T[K]> };
}
