/** Pictures of the clerk's pages and of the control room's wall, for a person to look at. They are written to `SCREENSHOTS`. */
import { mkdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { connectBrowser } from '../support/browser';
import { comeIn, does, isCut } from '../support/crowd';
import { AN_BINH, HA_LAM, HANH, KHANH, Meeting, VINH } from '../support/meeting';
import type { Person } from '../support/people';
import { conference } from '../support/province';
import { archived, type Held, held, ITEMS } from '../support/recorded';
import { CHAIR, COMMUNE, DELEGATE, dress, FOLDER, HALL, LOOKS, shoot } from '../support/shots';

describe('the archive', () => {
  let browser: Browser;
  let page: Page;
  let recorded: Held;

  beforeAll(async () => {
    mkdirSync(FOLDER, { recursive: true });
    recorded = await held('archive-screenshots', {
      [HANH]: { portrait: CHAIR, capture: '640x360' },
      [KHANH]: { portrait: DELEGATE },
      [AN_BINH]: { portrait: HALL, capture: '640x360' },
      [HA_LAM]: { portrait: COMMUNE, capture: '640x360' },
    });
    await archived(recorded);
    browser = await connectBrowser();
    page = await browser.newPage({ locale: 'vi-VN' });
    await page.goto(`${recorded.meeting.server.origin}/archive#${recorded.secretary}`);
    await page.getByTestId('recordings').waitFor();
  }, 300_000);

  afterAll(async () => {
    await browser.close();
    await recorded.meeting.close();
  });

  it.each(LOOKS)('the list, %s %s', async (language, look) => {
    await page.goto('about:blank');
    await page.goto(`${recorded.meeting.server.origin}/archive#${recorded.secretary}`);
    await dress(page, language, look);
    await page.getByTestId('query').fill('mua lu');
    await page.getByTestId('search').click();
    await page.getByTestId('found').first().waitFor();
    await shoot(page, `archive-list-${language}-${look}`);
    await page.getByTestId('query').fill('khong co chu nay');
    await page.getByTestId('search').click();
    await page.getByTestId('empty').waitFor();
    await shoot(page, `archive-none-${language}-${look}`);
  });

  it.each(LOOKS)('one recording, %s %s', async (language, look) => {
    await page.goto('about:blank');
    await page.goto(`${recorded.meeting.server.origin}/archive/${recorded.id}#${recorded.secretary}`);
    await dress(page, language, look);
    await page.locator('[data-testid=waveform][data-state=done]').waitFor();
    await page.getByTestId('chapter').filter({ hasText: ITEMS[1] }).click();
    await page.locator('[data-testid=player][data-playing=true]').waitFor();
    await page.getByTestId('play').click();
    await shoot(page, `archive-course-${language}-${look}`);
    await page.getByTestId('tab-minutes').click();
    await page.getByTestId('minutes').waitFor();
    await shoot(page, `archive-minutes-${language}-${look}`);
    await page.getByTestId('tab-files').click();
    await page.getByTestId('verify').click();
    await page.getByTestId('verdict').waitFor();
    await shoot(page, `archive-proof-${language}-${look}`);
  });
});

describe('the wall', () => {
  let browser: Browser;
  let crowd: Page;
  let meeting: Meeting;
  let vinh: Person;

  beforeAll(async () => {
    const convened = conference(112);
    meeting = await Meeting.convene('wall-screenshots', convened);
    browser = await connectBrowser();
    crowd = await browser.newPage();
    await crowd.goto(meeting.server.origin);
    const sites = convened.invitees.flatMap(({ kind, name }) => (kind === 'site' && name !== null ? [meeting.linkOf(name)] : []));
    await comeIn(crowd, sites);
    for (const [index, { participant }] of sites.entries()) {
      if (index % 37 !== 7) await does(crowd, participant, { type: 'set_microphone', on: true });
      if (index % 50 === 20) await does(crowd, participant, { type: 'set_hand', raised: true });
    }
    const cut = sites[55]?.participant ?? '';
    await isCut(crowd, cut);
    vinh = await meeting.joined(VINH, { portrait: DELEGATE }, { microphone: false });
    await vinh.page.getByTestId('to-wall').click();
    await vinh.page.locator('[data-testid=filter-bad_line][data-count="1"]').waitFor();
  });

  afterAll(async () => {
    await crowd.close();
    await browser.close();
    await meeting.close();
  });

  it.each(LOOKS)('all sites, and those without sound, %s %s', async (language, look) => {
    const { page } = vinh;
    await dress(page, language, look);
    await shoot(page, `wall-${language}-${look}`);
    await page.getByTestId('filter-no_sound').click();
    await page.getByTestId('wall-site').first().click();
    await page.getByTestId('site-panel').waitFor();
    await shoot(page, `wall-no-sound-${language}-${look}`);
    await page.getByTestId('site-panel').getByRole('button').first().click();
    await page.getByTestId('filter-all').click();
  });
});
