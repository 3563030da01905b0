import type { Pair } from '$shared/words.svelte';

/** Something a person may go to or do. */
export interface Choice {
  words: Pair;
  run: () => void;
}

/** Those of which every word that was typed is somewhere, in either language; what begins so first. */
export function found(choices: readonly Choice[], text: string): Choice[] {
  const typed = text.toLowerCase().split(/\s+/).filter(Boolean);
  const said = (choice: Choice) => choice.words.join(' ').toLowerCase();
  const begins = (choice: Choice) =>
    choice.words.some((word) => word.toLowerCase().startsWith(typed[0] ?? '')) ? 0 : 1;
  return choices
    .filter((choice) => typed.every((word) => said(choice).includes(word)))
    .sort((a, b) => begins(a) - begins(b));
}
