/** Officials who sign in: at the province's provider, or with password and code. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { connectBrowser } from '../support/browser';
import { codeOf, Office } from '../support/office';
import { Provider } from '../support/provider';
import { Server } from '../support/server';

const PASSWORD = 'mùa lúa chín vàng';
const HUNG = { login: 'hung.pham', name: 'Phạm Mạnh Hùng', unit: 'an-binh', roles: ['hop-to-chuc'] };
const STRANGER = { login: 'khach', name: 'Khách lạ', unit: 'khong-co', roles: [] };

let browser: Browser;
let provider: Provider;
let server: Server;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  browser = await connectBrowser();
  provider = await Provider.open([HUNG, STRANGER]);
  server = await Server.start('sign-in', { settings: (ports) => provider.settings(`http://localhost:${ports.http}`) });
  provider.serves(server.origin);
  await new Office(server).opens();
});

afterAll(async () => {
  await server.dispose();
  await provider.close();
  await browser.close();
});

beforeEach(async () => {
  context = await browser.newContext({ locale: 'vi-VN' });
  page = await context.newPage();
});

afterEach(() => context.close());

/** At the provider: says who it is, and agrees. */
async function goesThroughTheProvider(login: string): Promise<void> {
  await page.goto(`${server.origin}/sign-in`);
  await page.getByRole('button', { name: 'Đăng nhập bằng Cổng tỉnh Minh Họa' }).click();
  await page.locator('input[name=login]').fill(login);
  await page.locator('input[name=password]').fill('bat-ky');
  await page.locator('button[type=submit]').click();
  await page.getByText('Authorize').waitFor();
  await page.locator('button[type=submit]').click();
}

async function signsIn(login: string): Promise<void> {
  await page.goto(`${server.origin}/sign-in`);
  await page.getByTestId('login').fill(login);
  await page.getByTestId('password').fill(PASSWORD);
  await page.getByTestId('sign-in').click();
}

it('an official signs in at the provider, sees who he is, and signs out of both', async () => {
  await goesThroughTheProvider(HUNG.login);
  await page.waitForURL('**/account');
  expect(await page.getByTestId('me').textContent()).toBe('Phạm Mạnh Hùng');
  const facts = await page.getByTestId('facts').textContent();
  expect(facts).toContain('Xã An Bình');
  expect(facts).toContain('Người tổ chức họp – an-binh');
  expect(facts).toContain('Đăng nhập qua hệ thống tập trung');
  expect(await page.getByTestId('password-card').count()).toBe(0);

  await page.getByTestId('sign-out').click();
  // The provider asks whether its own session is to end, too.
  await page.getByRole('button', { name: 'Yes, sign me out' }).click();
  await page.waitForURL('**/sign-in*');
  await page.goto(`${server.origin}/account`);
  await page.waitForURL('**/sign-in');
});

it('who is in no unit of the organisation gets no account, and is told', async () => {
  await goesThroughTheProvider(STRANGER.login);
  await page.getByText('Bạn chưa có tài khoản trong hệ thống họp').waitFor();
  expect(new URL(page.url()).pathname).toBe('/sign-in');
});

it('an administrator chooses a password, sets up an authenticator, and signs in with both', async () => {
  const link = await new Office(server).account('mai.le', 'mai', [{ role: 'administrator' }]);
  await page.goto(server.origin + link);
  await page.getByTestId('new-password').fill('LeThiMai2026');
  await page.getByTestId('new-password-again').fill('LeThiMai2026');
  await page.getByTestId('set-password').click();
  await page.getByText('Mật khẩu chưa đủ mạnh').waitFor();
  await page.getByTestId('new-password').fill(PASSWORD);
  await page.getByTestId('new-password-again').fill(PASSWORD);
  await page.getByTestId('set-password').click();
  await page.getByText('Đã đặt mật khẩu').waitFor();
  await signsIn('mai.le');
  await page.getByTestId('me').filter({ hasText: 'Lê Thị Mai' }).waitFor();

  await page.getByTestId('factor-add').click();
  await page.getByTestId('factor-picture').waitFor();
  const secret = (await page.getByTestId('factor-secret').textContent()) ?? '';
  await page.getByTestId('factor-code').fill(codeOf(secret, -1));
  await page.getByTestId('factor-code-submit').click();
  await page.getByTestId('recovery-codes').waitFor();
  expect(await page.getByTestId('recovery-codes').locator('li').count()).toBe(10);
  await page.getByTestId('codes-kept').click();
  await page.getByText('Còn 10 mã khôi phục').waitFor();

  await page.getByTestId('sign-out').click();
  await page.waitForURL('**/sign-in');
  await signsIn('mai.le');
  await page.getByTestId('code').fill('000000');
  await page.getByTestId('sign-in').click();
  await page.getByText('Mã xác thực không đúng').waitFor();
  await page.getByTestId('code').fill(codeOf(secret));
  await page.getByTestId('sign-in').click();
  await page.getByTestId('me').filter({ hasText: 'Lê Thị Mai' }).waitFor();
  // The cookie of the session is out of reach for scripts.
  expect(await page.evaluate(() => document.cookie)).toBe('');
  await page.getByTestId('token-name').fill('Đồng bộ nhân sự');
  await page.getByTestId('scope-organisation_read').click();
  await page.getByTestId('token-create').click();
  const token = (await page.getByTestId('token-secret').textContent()) ?? '';
  const asked = await fetch(`http://127.0.0.1:${server.ports.http}/api/v1/units`, { headers: { Authorization: `Bearer ${token}` } });
  expect(asked.status).toBe(200);

  // Signed in elsewhere, too; that ends from here.
  const other = await browser.newContext({ locale: 'vi-VN' });
  const first = page;
  page = await other.newPage();
  await signsIn('mai.le');
  await page.getByTestId('code').fill(codeOf(secret, 1));
  await page.getByTestId('sign-in').click();
  await page.getByTestId('me').waitFor();
  await first.reload();
  await first.getByTestId('end-others').click();
  await first.getByTestId('end-others').waitFor({ state: 'detached' });
  await page.reload();
  await page.waitForURL('**/sign-in');
  await other.close();
});

it('the provider is away: that is said, and local accounts go on', async () => {
  await provider.close();
  await page.goto(`${server.origin}/sign-in`);
  await page.getByTestId('provider').click();
  await page.getByText('Hệ thống đăng nhập tập trung hiện không phản hồi').waitFor();
  await signsIn('mai.le');
  await page.getByTestId('code').waitFor();
});
