/** What axe finds on the pages from which a meeting is followed and run: nothing that keeps anybody from using them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { barriers } from '../support/barriers';
import { AN_BINH, GUEST, HANH, KHANH, Meeting } from '../support/meeting';
import type { Person } from '../support/people';

let meeting: Meeting;
let hanh: Person;
let anBinh: Person;
let guest: Person;

beforeAll(async () => {
  meeting = await Meeting.open('accessibility-procedure');
  hanh = await meeting.joined(HANH);
  anBinh = await meeting.joined(AN_BINH);
  await meeting.joined(KHANH);
  guest = await meeting.person(GUEST);
  await hanh.runs('agenda');
  await hanh.page.getByTestId('add-item').click();
  await hanh.page.getByTestId('item-title').fill('Báo cáo của các sở, ngành');
  await hanh.page.getByTestId('save-item').click();
  await hanh.page.getByTestId('start-item').click();
  await hanh.runs('admission');
  await hanh.page.getByTestId('procedure-panel').getByText('Khách mời', { exact: true }).click();
  await guest.opensLink();
  await guest.page.getByTestId('name').fill('Vũ Thị Lan');
  await guest.page.getByTestId('join').click();
  await guest.page.getByTestId('lobby').waitFor();
  await anBinh.presses('hand');
});

afterAll(() => meeting.close());

describe.each([
  ['light', 'vi'],
  ['dark', 'en'],
] as const)('%s, %s', (colorScheme, language) => {
  beforeAll(async () => {
    for (const { page } of [hanh, anBinh, guest]) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      if (language === 'en') await page.getByTestId('language').click();
      await page.locator(`html[lang=${language}][data-theme=${colorScheme}]`).waitFor({ state: 'attached' });
    }
  });

  it('the lobby', async () => {
    expect(await barriers(guest.page)).toEqual([]);
  });

  it.each(['lead', 'floor', 'agenda', 'votes', 'roll', 'admission', 'stage', 'conduct'] as const)('the page %s', async (tab) => {
    await hanh.runs(tab);
    expect(await barriers(hanh.page)).toEqual([]);
  });

  it('the floor in one’s own hands, and a roll call to answer', async () => {
    await hanh.runs('roll');
    await hanh.page.getByTestId('open-roll-call').click();
    await anBinh.page.getByTestId('roll-call-answer').waitFor();
    await hanh.acts('give_floor', anBinh);
    await anBinh.page.getByTestId('own-floor').waitFor();
    expect(await barriers(anBinh.page)).toEqual([]);
    await anBinh.page.getByTestId('give-back').click();
    await hanh.runs('roll');
    await hanh.page.getByTestId('close-roll-call').click();
    await anBinh.page.getByTestId('roll-call-answer').waitFor({ state: 'detached' });
  });

  it('a vote, from its form to the result', async () => {
    await hanh.runs('votes');
    await hanh.page.getByTestId('new-vote').click();
    await hanh.page.getByTestId('change-voters').click();
    expect(await barriers(hanh.page)).toEqual([]);
    await hanh.page.getByTestId('vote-question-input').fill('Thông qua nghị quyết');
    await hanh.page.getByTestId('open-vote-button').click();
    await anBinh.page.getByTestId('vote-option-0').click();
    await anBinh.page.locator('[data-testid=vote-state][data-cast=true]').waitFor();
    for (const { page } of [hanh, anBinh]) expect(await barriers(page)).toEqual([]);
    await hanh.page.getByTestId('close-vote').click();
    await anBinh.page.getByTestId('result-card').waitFor();
    expect(await barriers(anBinh.page)).toEqual([]);
    for (const { page } of [hanh, anBinh]) await page.getByTestId('result-card-close').click();
  });

  it('what is told above the pictures, and the official’s panel', async () => {
    await hanh.runs('conduct');
    await hanh.page.getByTestId('announce-text').fill('Tài liệu đã gửi.');
    await hanh.page.getByTestId('announce').click();
    await hanh.page.getByTestId('start-timer').click();
    await hanh.page.getByTestId('start-break').click();
    await hanh.page.getByTestId('recording-notice').fill('600');
    await hanh.page.getByTestId('start-recording').click();
    for (const strip of ['announcement', 'timer', 'pause', 'recording-sign']) await anBinh.page.getByTestId(strip).waitFor();
    await anBinh.opens('procedure');
    expect(await barriers(anBinh.page)).toEqual([]);
    await hanh.page.getByTestId('stop-recording').click();
    await hanh.page.getByTestId('end-break').click();
    await hanh.page.getByTestId('stop-timer').click();
    await hanh.page.getByTestId('withdraw-announcement').click();
    await anBinh.page.getByTestId('announcement').waitFor({ state: 'detached' });
  });

  it('the dialogs that ask once more', async () => {
    await hanh.acts('remove', anBinh);
    await hanh.page.getByTestId('remove-dialog').waitFor();
    expect(await barriers(hanh.page)).toEqual([]);
    await hanh.page.getByTestId('remove-dialog-close').click();
    await hanh.runs('lead');
    await hanh.page.getByTestId('end-meeting').click();
    await hanh.page.getByTestId('end-dialog').waitFor();
    expect(await barriers(hanh.page)).toEqual([]);
    await hanh.page.getByTestId('end-dialog-close').click();
  });
});
