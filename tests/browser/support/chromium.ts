/** How Chromium is started. */
import { existsSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  // Every page is a person who looks at it, whichever is in front.
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--disable-background-timer-throttling',
];

/** As deploy/setup.sh looks for it: `CHROMIUM`, a path or a name, or what the system calls it. */
export function findChromium(): string {
  return findProgram([process.env['CHROMIUM'] ?? '', 'chromium', 'chromium-browser', 'google-chrome'], 'CHROMIUM');
}

/** The first of these names that there is. */
export function findProgram(names: readonly string[], variable: string): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const places = names
    .filter((name) => name !== '')
    .flatMap((name) => (isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name))));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`none of ${names.join(', ')} is there: run deploy/setup.sh --tests, or name one in ${variable}`);
  return found;
}
