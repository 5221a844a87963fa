/** Pictures of the pages about accounts, for a person to look at. They are written to `SCREENSHOTS`. */
import { mkdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, it } from 'vitest';
import { connectBrowser } from '../support/browser';
import { Office } from '../support/office';
import { ROOT } from '../support/paths';
import { Provider } from '../support/provider';
import { Server } from '../support/server';

const FOLDER = process.env['SCREENSHOTS'] ?? `${ROOT}target/screenshots`;
const PASSWORD = 'mùa lúa chín vàng';
const SIZES = [
  { width: 1_366, height: 768 },
  { width: 390, height: 844 },
] as const;

let browser: Browser;
let provider: Provider;
let server: Server;
let page: Page;

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  browser = await connectBrowser();
  provider = await Provider.open([]);
  server = await Server.start('identity-screenshots', { settings: (ports) => provider.settings(`http://localhost:${ports.http}`) });
  page = await browser.newPage({ locale: 'vi-VN' });
  await new Office(server).opens();
});

afterAll(async () => {
  await server.dispose();
  await provider.close();
  await browser.close();
});

async function shoots(name: string): Promise<void> {
  for (const size of SIZES) {
    await page.setViewportSize(size);
    await page.screenshot({ path: `${FOLDER}/${name}-${size.width}.png`, fullPage: true });
  }
}

it('sign-in, first password, account, authenticator, device', async () => {
  await page.goto(`${server.origin}/sign-in`);
  await page.getByTestId('provider').waitFor();
  await shoots('sign-in');
  const link = await new Office(server).account('mai.le', 'mai', [{ role: 'administrator' }]);
  await page.goto(server.origin + link);
  await page.getByTestId('new-password').fill('LeThiMai2026');
  await page.getByTestId('new-password-again').fill('LeThiMai2026');
  await page.getByTestId('set-password').click();
  await page.getByText('Mật khẩu chưa đủ mạnh').waitFor();
  await shoots('first-password');
  await page.getByTestId('new-password').fill(PASSWORD);
  await page.getByTestId('new-password-again').fill(PASSWORD);
  await page.getByTestId('set-password').click();
  await page.getByTestId('login').fill('mai.le');
  await page.getByTestId('password').fill(PASSWORD);
  await page.getByTestId('sign-in').click();
  await page.getByTestId('factor-add').click();
  await page.getByTestId('factor-picture').waitFor();
  await page.getByTestId('token-name').fill('Đồng bộ nhân sự');
  await page.getByTestId('scope-organisation_read').click();
  await page.getByTestId('token-create').click();
  await page.getByTestId('token-secret').waitFor();
  await shoots('account');
  await page.goto(`${server.origin}/device`);
  await page.getByTestId('pairing-code').waitFor();
  await shoots('device');
  const office = new Office(server);
  await office.pairs((await page.getByTestId('pairing-code').textContent()) ?? '');
  await page.getByTestId('hall-waits').waitFor();
  await shoots('device-idle');
  await office.plans('Giao ban công tác phòng, chống thiên tai và tìm kiếm cứu nạn');
  await page.getByTestId('hall-starts').waitFor();
  await shoots('device-waits');
});
