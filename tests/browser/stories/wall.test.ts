/** The control room's wall: of sixty sites the controller finds the three without sound in one look, and helps. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { InviteLink } from '../../../web-client/src/core/protocol';
import { barriers } from '../support/barriers';
import { connectBrowser } from '../support/browser';
import { comeIn, does, isCut } from '../support/crowd';
import { Meeting, VINH } from '../support/meeting';
import type { Person } from '../support/people';
import { conference } from '../support/province';

const SITES = 60;
/** By their places among the sites. */
const SILENT = [7, 24, 51] as const;
const ASKING = 12;
const CUT = 30;
const LEAVING = 40;

let browser: Browser;
let crowd: Page;
let meeting: Meeting;
let vinh: Person;
let sites: readonly InviteLink[];

beforeAll(async () => {
  const convened = conference(SITES);
  meeting = await Meeting.convene('wall', convened);
  browser = await connectBrowser();
  crowd = await browser.newPage();
  await crowd.goto(meeting.server.origin);
  sites = convened.invitees.flatMap(({ kind, name }) => (kind === 'site' && name !== null ? [meeting.linkOf(name)] : []));
  await comeIn(crowd, sites);
  for (const [index, { participant }] of sites.entries()) {
    if (!SILENT.some((silent) => silent === index)) await does(crowd, participant, { type: 'set_microphone', on: true });
  }
  vinh = await meeting.joined(VINH, { viewport: { width: 1_366, height: 768 } }, { microphone: false, camera: false });
  await vinh.page.getByTestId('to-wall').click();
  await vinh.page.getByTestId('wall').waitFor();
});

afterAll(async () => {
  await crowd.close();
  await browser.close();
  await meeting.close();
});

function site(index: number): InviteLink {
  const link = sites[index];
  if (link === undefined) throw new Error(`there is no site ${index}`);
  return link;
}

function tile(index: number): Locator {
  return vinh.page.locator(`[data-testid=wall-site][data-participant="${site(index).participant}"]`);
}

async function counts(filter: string, count: number): Promise<void> {
  await vinh.page.locator(`[data-testid=filter-${filter}][data-count="${count}"]`).waitFor();
}

it('the counts at the top say that three have no sound; a press shows exactly those', async () => {
  await counts('no_sound', SILENT.length);
  await counts('absent', 0);
  await counts('bad_line', 0);
  await vinh.page.getByTestId('filter-no_sound').click();
  await vinh.page.locator(`[data-testid=wall-shown][data-shown="${SILENT.length}"]`).waitFor();
  for (const silent of SILENT) await tile(silent).waitFor();
});

it('a site is chosen: what is wrong and what helps stands there; it opens its microphone, and is well', async () => {
  const [silent] = SILENT;
  await tile(silent).click();
  const panel = vinh.page.getByTestId('site-panel');
  await panel.locator('[data-testid=advice][data-advice=closed]').waitFor();
  await panel.getByTestId('do-ask_microphone').click();
  await does(crowd, site(silent).participant, { type: 'microphones', what: 'answer', accept: true });
  await counts('no_sound', SILENT.length - 1);
  await tile(silent).waitFor({ state: 'detached' });
});

it('a site is muted and allowed again, from the wall', async () => {
  await vinh.page.getByTestId('filter-all').click();
  await vinh.page.getByTestId('wall-search').fill(site(3).name ?? '');
  await tile(3).click();
  const panel = vinh.page.getByTestId('site-panel');
  await panel.getByTestId('do-mute').click();
  await panel.locator('[data-testid=advice][data-advice=muted]').waitFor();
  await panel.getByTestId('do-unmute').click();
  await panel.locator('[data-testid=advice]:not([data-advice=muted])').waitFor();
});

it('one asks to speak, the line of one is cut, one leaves: each is counted where it belongs', async () => {
  await vinh.page.getByTestId('wall-search').fill('');
  await does(crowd, site(ASKING).participant, { type: 'set_hand', raised: true });
  await counts('hand', 1);
  await isCut(crowd, site(CUT).participant);
  await counts('bad_line', 1);
  await does(crowd, site(LEAVING).participant, { type: 'leave' });
  await counts('absent', 1);
  await vinh.page.getByTestId('filter-absent').click();
  await tile(LEAVING).click();
  await vinh.page.locator('[data-testid=advice][data-advice=absent]').waitFor();
});

it('a message calls a site by its name', async () => {
  await vinh.page.getByTestId('filter-hand').click();
  await tile(ASKING).click();
  await vinh.page.getByTestId('site-message').fill('đề nghị chỉnh lại camera');
  await vinh.page.getByTestId('send-message').click();
  await vinh.opens('chat');
  await vinh.page.getByTestId('chat-message').filter({ hasText: `${site(ASKING).name}: đề nghị chỉnh lại camera` }).waitFor();
  await vinh.presses('chat');
});

it('only what is in sight is drawn; scrolling brings the others', async () => {
  const { page } = vinh;
  await page.getByTestId('filter-all').click();
  await page.getByTestId('wall').getByText('Danh sách', { exact: true }).click();
  await page.locator(`[data-testid=wall-shown][data-shown="${SITES}"]`).waitFor();
  await tile(0).waitFor();
  expect(await page.getByTestId('wall-site').count()).toBeLessThan(SITES / 2);
  expect(await tile(SITES - 1).count()).toBe(0);
  await page.getByTestId('wall-scroll').evaluate((box) => { box.scrollTop = box.scrollHeight; });
  await tile(SITES - 1).waitFor();
  expect(await tile(0).count()).toBe(0);
});

it.each(['Cây', 'Lưới', 'Danh sách'])('nothing on the wall keeps anybody from using it: %s', async (view) => {
  await vinh.page.getByTestId('wall').getByText(view, { exact: true }).click();
  await vinh.page.getByTestId('wall-site').first().click();
  expect(await barriers(vinh.page)).toEqual([]);
});

it('back in the meeting everything is as it was', async () => {
  await vinh.page.getByTestId('to-wall').click();
  await vinh.page.getByTestId('wall').waitFor({ state: 'detached' });
  await vinh.page.getByTestId('layout').waitFor();
  await vinh.isTold('none');
});
