/** Guests with one link: the first comes in and stays in, the next is told why not. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { GuestInvitation } from '../../../web-client/src/core/protocol';
import { connectBrowser } from '../support/browser';
import { Office } from '../support/office';
import { Server } from '../support/server';

let browser: Browser;
let server: Server;
let office: Office;
let invitation: GuestInvitation;

/** Somebody's browser, at the link. */
async function opens(): Promise<Page> {
  const context = await browser.newContext({ locale: 'vi-VN' });
  const page = await context.newPage();
  await page.goto(server.origin + (invitation.path ?? ''));
  return page;
}

async function isRefused(page: Page, words: string): Promise<void> {
  await page.getByTestId('refused').getByText(words).waitFor();
}

beforeAll(async () => {
  browser = await connectBrowser();
  server = await Server.start('guests');
  office = new Office(server);
  const links = await server.creates({
    title: 'Tiếp xúc cử tri',
    host_unit: 'UBND xã An Bình',
    invitees: [{ name: 'Chủ tọa', role: 'chair', kind: 'person', unit: null }],
  });
  const meeting = /^\/m\/([^#]+)/.exec(links[0]?.path ?? '')?.[1] ?? '';
  invitation = await office.invitesGuests(meeting, 1);
});

afterAll(async () => {
  await server.dispose();
  await browser.close();
});

it('who looks uses nothing up; the first who comes in has the place, also after the page was closed', async () => {
  const [late, minh] = [await opens(), await opens()];
  for (const page of [late, minh]) expect(await page.getByTestId('meeting-title').textContent()).toBe('Tiếp xúc cử tri');
  await minh.getByTestId('name').fill('Minh');
  await minh.getByTestId('join').click();
  await minh.getByTestId('tool-leave').waitFor();

  await late.getByTestId('name').fill('Hoa');
  await late.getByTestId('join').click();
  await isRefused(late, 'đã đủ số khách');
  await isRefused(await opens(), 'đã đủ số khách');

  const again = await minh.context().newPage();
  await minh.close();
  await again.goto(server.origin + (invitation.path ?? ''));
  await again.getByTestId('join').click();
  await again.getByTestId('tool-leave').waitFor();
});

it('taken back, the link says so', async () => {
  await office.revokesGuests(invitation);
  await isRefused(await opens(), 'đã được thu hồi');
});
