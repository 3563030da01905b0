const collator = new Intl.Collator('zh-CN', { numeric: true, sensitivity: 'base' });

/** Names and numbers as people order them: 队员 2 before 队员 10. */
export const natural = (a: string, b: string): number => collator.compare(a, b);
