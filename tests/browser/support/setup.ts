/** Before all stories: the server is built, and one Chromium is started for all of them. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { ROOT } from './paths';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the one Chromium is reached. */
    browser: string;
  }
}

const ARGS = [
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
function findChromium(): string {
  const names = [process.env['CHROMIUM'] ?? '', 'chromium', 'chromium-browser', 'google-chrome'].filter((name) => name !== '');
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const places = names.flatMap((name) => (isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name))));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error('there is no Chromium: run deploy/setup.sh --tests, or name one in CHROMIUM');
  return found;
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (process.env['DIEMCAU'] === undefined) {
    execFileSync('cargo', ['build', '--locked', '--quiet'], { cwd: ROOT, stdio: 'inherit' });
  }
  const server = await chromium.launchServer({
    executablePath: findChromium(),
    args: ARGS,
    host: '127.0.0.1',
  });
  project.provide('browser', server.wsEndpoint());
  return () => server.close();
}
