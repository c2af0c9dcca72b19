// Light or dark: as the system is, or as the reader chose in this browser.

export const themes = ['as the system', 'light', 'dark'] as const;

export const remembered = (name: string, usual: string): string => localStorage.getItem(`coldrig-${name}`) ?? usual;

export const theme = (): string => remembered('theme', themes[0]);

const system = matchMedia('(prefers-color-scheme: dark)');
let changed = (): unknown => undefined;

function apply(): void {
  const isDark = theme() === themes[0] ? system.matches : theme() === 'dark';
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
  changed();
}

/** Now, and whenever the system or the reader changes it; `onChange` is told. */
export function applyTheme(onChange: () => unknown = () => undefined): void {
  changed = onChange;
  system.addEventListener('change', apply);
  apply();
}

export function chooseTheme(chosen: string): void {
  localStorage.setItem('coldrig-theme', chosen);
  apply();
}
