const KEPT = 'liandong.officer.size';

/** How large the letters are, in three steps. */
export const SIZES = ['normal', 'large', 'largest'] as const;
export type SizeName = (typeof SIZES)[number];

class Size {
  is = $state<SizeName>(SIZES.find((name) => name === localStorage.getItem(KEPT)) ?? 'normal');

  /** So large from now on, on this phone. */
  set(name: SizeName): void {
    this.is = name;
    localStorage.setItem(KEPT, name);
    this.show();
  }

  /** Tell the style sheets. */
  show(): void {
    document.documentElement.dataset.size = this.is;
  }
}

export const size = new Size();
