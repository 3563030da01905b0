/** Day, night, or as the machine has it; kept on this machine. */
export type Theme = 'auto' | 'light' | 'dark';

const KEPT = 'liandong.theme';
const night = matchMedia('(prefers-color-scheme: dark)');

class Appearance {
  chosen = $state<Theme>(known(localStorage.getItem(KEPT)));
  #machineNight = $state(night.matches);

  constructor() {
    night.addEventListener('change', (event) => {
      this.#machineNight = event.matches;
      this.show();
    });
  }

  /** What is shown now. */
  get is(): 'light' | 'dark' {
    return this.chosen === 'auto' ? (this.#machineNight ? 'dark' : 'light') : this.chosen;
  }

  /** Show it so from now on. */
  set(theme: Theme): void {
    this.chosen = theme;
    localStorage.setItem(KEPT, theme);
    this.show();
  }

  /** Tell the style sheets. */
  show(): void {
    document.documentElement.dataset.theme = this.is;
  }
}

function known(kept: string | null): Theme {
  return kept === 'light' || kept === 'dark' ? kept : 'auto';
}

export const appearance = new Appearance();
