/** A hall's device: paired once by its code, it waits for its site's meetings and goes in by itself, also after everything was off. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectBrowser } from '../support/browser';
import { CHROMIUM_ARGS, findChromium } from '../support/chromium';
import { Office } from '../support/office';
import { Server } from '../support/server';

const PASSWORD = 'mùa lúa chín vàng';

let browser: Browser;
let server: Server;
let office: Office;
let profile: string;
let hall: BrowserContext;

/** The hall's machine, switched on: its browser opens the one page that it has. */
async function switchesOn(): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext(profile, { executablePath: findChromium(), args: CHROMIUM_ARGS, locale: 'vi-VN' });
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto(`${server.origin}/device`);
  return context;
}

beforeAll(async () => {
  browser = await connectBrowser();
  server = await Server.start('hall-device');
  office = new Office(server);
  await office.opens();
  profile = mkdtempSync(join(tmpdir(), 'diemcau-hall-'));
  hall = await switchesOn();
});

afterAll(async () => {
  await hall.close();
  await server.dispose();
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
});

it('the operator pairs the hall by the code on its screen', async () => {
  const [screen] = hall.pages();
  const code = (await screen?.getByTestId('pairing-code').textContent()) ?? '';
  expect(code).toMatch(/^[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}$/);
  const link = await office.account('mai.le', 'mai', [{ role: 'site_operator', site: 'hoi-truong' }]);
  const page = await browser.newPage({ locale: 'vi-VN' });
  await page.goto(server.origin + link);
  await page.getByTestId('new-password').fill(PASSWORD);
  await page.getByTestId('new-password-again').fill(PASSWORD);
  await page.getByTestId('set-password').click();
  await page.getByTestId('login').fill('mai.le');
  await page.getByTestId('password').fill(PASSWORD);
  await page.getByTestId('sign-in').click();
  await page.getByTestId('device-code').fill(code);
  await page.getByTestId('device-name').fill('Máy hội trường');
  await page.getByTestId('device-pair').click();
  await page.getByTestId('device').filter({ hasText: 'Máy hội trường' }).waitFor();
  await page.close();
  await screen?.getByTestId('hall-waits').filter({ hasText: 'Hội trường xã An Bình' }).waitFor();
});

it('its site is invited: the screen says to what, and when', async () => {
  const meeting = await office.plans('Giao ban đầu tuần');
  const waits = hall.pages()[0]?.getByTestId('hall-waits').filter({ hasText: 'Giao ban đầu tuần' });
  await waits?.waitFor();
  expect(await waits?.getByTestId('hall-starts').textContent()).toMatch(/^\d\d:30$/);
  await waits?.getByText('UBND tỉnh Minh Họa').waitFor();

  await office.rehearses(meeting);
  await hall.pages()[0]?.getByTestId('tool-leave').waitFor();
});

it('after both sides were off, it is back by itself', async () => {
  await hall.close();
  await server.kill();
  await server.startAgain();
  hall = await switchesOn();
  await hall.pages()[0]?.getByTestId('tool-leave').waitFor();
});

it('revoked, it shows a code again', async () => {
  await office.revokesDevices();
  await hall.pages()[0]?.getByTestId('pairing-code').waitFor();
});
