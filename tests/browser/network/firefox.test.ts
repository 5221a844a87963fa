/** Firefox and Chromium in one meeting. */
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HALL } from '../support/far';
import { firefox, FirefoxPerson } from '../support/firefox';
import { Loudspeaker } from '../support/loudspeaker';
import { lookOf } from '../support/looks';
import { HANH, Meeting, NAM, TRANG } from '../support/meeting';
import { PATIENCE, type Person } from '../support/people';

let meeting: Meeting;
let loudspeaker: Loudspeaker;
let browser: Browser;
let hanh: Person;
let trang: Person;
let nam: FirefoxPerson;

beforeAll(async () => {
  meeting = await Meeting.openAt('firefox', { address: HALL });
  loudspeaker = await Loudspeaker.plugIn();
  browser = await firefox(loudspeaker);
  hanh = await meeting.joined(HANH);
  trang = await meeting.joined(TRANG);
  // Large enough for several layers.
  nam = await FirefoxPerson.joins(browser, meeting.server.origin, meeting.linkOf(NAM), lookOf(5), '640x360');
});

afterAll(async () => {
  await browser.close();
  await meeting.close();
  await loudspeaker.unplug();
});

it('Firefox sees and hears both others', async () => {
  for (const other of [hanh, trang]) {
    await nam.sees(other);
    await nam.hears(other);
  }
});

it('both others see and hear Firefox', async () => {
  for (const person of [hanh, trang]) {
    await person.sees(nam);
    await person.hears(nam);
  }
});

it('Firefox sends its camera in layers', async () => {
  const sent = (): Promise<string[]> =>
    nam.page.evaluate(async () => {
      const rids: string[] = [];
      (await window.diemcau?.pc?.getStats())?.forEach((entry: Record<string, unknown>) => {
        if (entry['type'] === 'outbound-rtp' && typeof entry['rid'] === 'string' && Number(entry['framesEncoded']) > 0) rids.push(entry['rid']);
      });
      return rids.sort();
    });
  await expect.poll(sent, { timeout: PATIENCE }).toEqual(['h', 'q']);
});

it('the chair changes the stage: in Firefox the name goes with the picture', async () => {
  for (const other of [trang, hanh, trang]) {
    await hanh.acts('stage_camera', other);
    await nam.page.waitForSelector(`[data-testid=stage][data-participant="${other.id}"]`);
    await nam.sees(other);
    expect(await nam.page.$eval('[data-testid=stage-label]', (label) => label.textContent)).toContain(other.name);
  }
});
