/** The one Chromium of the run. */
import { type Browser, chromium } from 'playwright-core';
import { inject } from 'vitest';

export function connectBrowser(): Promise<Browser> {
  return chromium.connect(inject('browser'));
}
