/** Light or dark: as the system is, unless the user chose. */
import { Store } from '../core/store';
import { preferences, remember } from '../io/storage';

export type Theme = 'light' | 'dark';

const systemIsDark = window.matchMedia('(prefers-color-scheme: dark)');

export const theme = new Store<Theme>(current());

export function startTheme(): void {
  apply();
  systemIsDark.addEventListener('change', apply);
}

export function chooseTheme(chosen: Theme): void {
  remember({ theme: chosen });
  apply();
}

function current(): Theme {
  return preferences().theme ?? (systemIsDark.matches ? 'dark' : 'light');
}

function apply(): void {
  theme.set(current());
  document.documentElement.dataset['theme'] = theme.get();
}
