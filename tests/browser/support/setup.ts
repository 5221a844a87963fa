/** Before all stories: the server and a client that is no browser are built, and one Chromium is started for all of them. */
import { execFileSync } from 'node:child_process';
import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { CHROMIUM_ARGS, findChromium } from './chromium';
import { ROOT } from './paths';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the one Chromium is reached. */
    browser: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (process.env['DIEMCAU'] === undefined) {
    execFileSync('cargo', ['build', '--locked', '--quiet', '--bins', '--example', 'second-stack'], { cwd: ROOT, stdio: 'inherit' });
  }
  const server = await chromium.launchServer({
    executablePath: findChromium(),
    args: CHROMIUM_ARGS,
    host: '127.0.0.1',
  });
  project.provide('browser', server.wsEndpoint());
  return () => server.close();
}
