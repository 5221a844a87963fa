/** A clerk's archive: found, played, proved, corrected, approved, issued; a file that nobody signed is not taken for signed minutes. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { barriers } from '../support/barriers';
import { connectBrowser } from '../support/browser';
import { archived, type Held, held, ITEMS, TITLE } from '../support/recorded';

let browser: Browser;
let clerk: BrowserContext;
let page: Page;
let conference: Held;

beforeAll(async () => {
  conference = await held('archive');
  await archived(conference);
  browser = await connectBrowser();
  clerk = await browser.newContext({ locale: 'vi-VN', viewport: { width: 1_366, height: 768 } });
  page = await clerk.newPage();
}, 300_000);

afterAll(async () => {
  await clerk.close();
  await browser.close();
  await conference.meeting.close();
});

/** Where the player is, in milliseconds. */
async function at(): Promise<number> {
  return Number(await page.getByTestId('player').getAttribute('data-at'));
}

/** Until the player has come so far, in milliseconds. */
async function plays(beyond: number): Promise<void> {
  await page.waitForFunction((far) => {
    const { playing, at: moment } = document.querySelector<HTMLElement>('[data-testid=player]')?.dataset ?? {};
    return playing === 'true' && Number(moment) > far;
  }, beyond);
}

it('who is nobody is told where to sign in', async () => {
  await page.goto(`${conference.meeting.server.origin}/archive`);
  await page.getByTestId('archive-refused').waitFor();
});

it('the secretary finds the meeting by words without diacritics, and opens it', async () => {
  // Only the fragment differs: the page is opened anew.
  await page.goto('about:blank');
  await page.goto(`${conference.meeting.server.origin}/archive#${conference.secretary}`);
  await page.getByTestId('recording').filter({ hasText: TITLE }).waitFor();
  expect(await barriers(page)).toEqual([]);
  await page.getByTestId('query').fill('khong co chu nay');
  await page.getByTestId('search').click();
  await page.getByTestId('empty').waitFor();
  await page.getByTestId('query').fill('ung pho mua lu');
  await page.getByTestId('search').click();
  await page.getByTestId('found').first().waitFor();
  await page.getByTestId('open').click();
  await page.getByTestId('recording-title').filter({ hasText: TITLE }).waitFor();
});

it('the recording plays; a chapter leads to its moment, a turn to whoever spoke, and keys do the rest', async () => {
  await page.getByTestId('play').click();
  await plays(1_000);
  const chapter = page.getByTestId('chapter').filter({ hasText: ITEMS[1] });
  await chapter.click();
  await page.locator('[data-testid=chapters] [aria-current=true]', { hasText: ITEMS[1] }).waitFor();
  await page.getByTestId('turn').first().click();
  await page.getByTestId('screen').focus();
  await page.keyboard.press('Space');
  await page.locator('[data-testid=player][data-playing=false]').waitFor();
  await page.keyboard.press('Home');
  // The first picture may begin a little after the sound.
  expect(await at()).toBeLessThan(1_000);
  await page.keyboard.press('ArrowRight');
  expect(await at()).toBeGreaterThan(9_000);
  await page.keyboard.press('>');
  expect(await page.locator('video').evaluate((video: HTMLVideoElement) => video.playbackRate)).toBe(1.25);
  await page.locator('[data-testid=waveform][data-state=done]').waitFor();
  expect(await barriers(page)).toEqual([]);
});

it('the archive is proved: every file by its name, and who signed', async () => {
  await page.getByTestId('tab-files').click();
  const listed = await page.getByTestId('file').count();
  await page.getByTestId('verify').click();
  await page.locator('[data-testid=verdict][data-verdict=whole]').waitFor();
  expect(await page.getByTestId('verified-file').count()).toBeGreaterThanOrEqual(listed);
  expect(await page.locator('[data-testid=verified-file][data-whole=false]').count()).toBe(0);
  expect(await barriers(page)).toEqual([]);
});

it('a fact of the log is corrected with a reason, and the correction shows', async () => {
  await page.getByTestId('tab-minutes').click();
  const fact = page.locator('[data-testid=statement][data-origin=log]', { hasText: 'Địa điểm' }).or(page.locator('[data-block=place] [data-testid=statement]')).first();
  const before = (await fact.locator('p').first().textContent()) ?? '';
  await fact.getByTestId('edit').click();
  await fact.getByTestId('edit-text').fill('Họp trực tuyến. Điểm cầu chủ trì: Phòng họp số 1, UBND tỉnh Hà Minh.');
  expect(await fact.getByTestId('save').isDisabled()).toBe(true);
  await fact.getByTestId('edit-reason').fill('Bổ sung phòng họp');
  await fact.getByTestId('save').click();
  const correction = fact.getByTestId('correction');
  await correction.waitFor();
  expect(await correction.locator('del').textContent()).toBe(before);
  expect(await correction.textContent()).toContain('Bổ sung phòng họp');
  await page.locator('[data-block=conclusion]').getByTestId('add-statement').click();
  await page.getByTestId('new-text').fill('Các xã báo cáo kết quả trước ngày 5 hằng tháng.');
  await page.getByTestId('save-new').click();
  await page.locator('[data-testid=statement][data-origin=written]', { hasText: 'trước ngày 5' }).waitFor();
  expect(await barriers(page)).toEqual([]);
});

it('a line of the minutes leads to the moment at which it happened', async () => {
  const line = page.locator('[data-testid=statement][data-heading=true]', { hasText: ITEMS[1] });
  await line.getByTestId('hear').click();
  await plays(0);
  await page.locator('[data-testid=statement][data-heard=true]').waitFor();
  await page.getByTestId('play').click();
});

it('the chair approves, the secretary issues: the minutes have a number and their files', async () => {
  expect(await page.getByTestId('approve').count()).toBe(0);
  const chair = await clerk.newPage();
  await chair.goto(`${conference.meeting.server.origin}/archive/${conference.id}#${conference.chair}`);
  await chair.getByTestId('tab-minutes').click();
  await chair.getByTestId('approve').click();
  await chair.getByTestId('confirm').click();
  await chair.locator('[data-testid=minutes-course][data-stage=approved]').waitFor();
  await chair.close();
  await page.reload();
  await page.getByTestId('tab-minutes').click();
  await page.getByTestId('issue').click();
  await page.getByTestId('issue-it').click();
  await page.getByTestId('issued-number').filter({ hasText: '/BB-' }).waitFor();
  await page.getByTestId('version').first().waitFor();
  expect(await page.getByTestId('version-file').count()).toBeGreaterThanOrEqual(2);
  expect(await barriers(page)).toEqual([]);
});

it('a file that nobody signed is not taken back, and the clerk is told why and what to do', async () => {
  const address = `${conference.meeting.server.origin}/api/v1/recordings/${conference.id}/minutes/versions/1/minutes.pdf`;
  const issued = await fetch(address, { headers: { authorization: `Bearer ${conference.secretary}` } });
  expect(issued.status).toBe(200);
  const buffer = Buffer.from(await issued.arrayBuffer());
  await page.locator('input[type=file]').setInputFiles({ name: 'bien-ban.pdf', mimeType: 'application/pdf', buffer });
  await page.getByTestId('signed-refused').filter({ hasText: 'Tệp chưa có chữ ký số' }).waitFor();
});
