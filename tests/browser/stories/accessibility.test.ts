/** What axe finds on the pages: nothing that keeps anybody from using them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { barriers } from '../support/barriers';
import { AN_BINH, HANH, Meeting, NAM } from '../support/meeting';
import type { Person } from '../support/people';

let meeting: Meeting;
let hanh: Person;
let anBinh: Person;
let nam: Person;

beforeAll(async () => {
  meeting = await Meeting.open('accessibility');
  hanh = await meeting.joined(HANH);
  anBinh = await meeting.joined(AN_BINH);
  nam = await meeting.person(NAM);
});

afterAll(() => meeting.close());

describe.each([
  ['light', 'vi'],
  ['dark', 'en'],
] as const)('%s, %s', (colorScheme, language) => {
  beforeAll(async () => {
    await nam.page.goto(meeting.server.origin);
    for (const { page } of [hanh, anBinh, nam]) {
      await page.emulateMedia({ colorScheme });
      if (language === 'en') await page.getByTestId('language').click();
      await page.locator(`html[lang=${language}][data-theme=${colorScheme}]`).waitFor({ state: 'attached' });
    }
  });

  it('the start page', async () => {
    await nam.page.goto(meeting.server.origin);
    await nam.page.getByTestId('demo').waitFor();
    expect(await barriers(nam.page)).toEqual([]);
  });

  it('the page on which one gets ready', async () => {
    await nam.opensLink();
    await nam.page.getByTestId('preview').waitFor();
    expect(await barriers(nam.page)).toEqual([]);
  });

  it('the administrator’s page', async () => {
    await nam.page.goto(`${meeting.server.origin}${meeting.server.adminPath()}`);
    await nam.page.getByTestId('admin-create').waitFor();
    expect(await barriers(nam.page)).toEqual([]);
  });

  it.each(['participants', 'chat'] as const)('the meeting with the panel %s', async (panel) => {
    await hanh.sees(anBinh);
    if (panel === 'chat') await hanh.writes('Kính chào các đồng chí');
    await hanh.opens(panel);
    expect(await barriers(hanh.page)).toEqual([]);
  });

  it('the settings', async () => {
    await hanh.presses('settings');
    await hanh.page.getByTestId('settings-dialog').waitFor();
    expect(await barriers(hanh.page)).toEqual([]);
    await hanh.page.getByTestId('settings-dialog-close').click();
  });

  it('a page that says one thing', async () => {
    await nam.page.goto(`${meeting.server.origin}/m/trinh-dien#khong-phai-ma-moi`);
    await nam.page.getByTestId('refused').waitFor();
    expect(await barriers(nam.page)).toEqual([]);
  });
});
