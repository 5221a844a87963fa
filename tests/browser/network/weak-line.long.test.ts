/** The measuring run for weak lines: a whole meeting is watched, longer and on more kinds of line. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { carriesOnly, farBrowser, HALL, isGoodAgain, losesDatagrams } from '../support/far';
import { heightOf, inWords, measure, seesAgain } from '../support/measure';
import { AN_BINH, HA_LAM, HANH, Meeting, TRANG } from '../support/meeting';
import type { Person } from '../support/people';

const SECONDS = 30;

let meeting: Meeting;
let far: Browser;
let hanh: Person;
let anBinh: Person;
/** The height of the stage on a good line. */
let full: number;

beforeAll(async () => {
  meeting = await Meeting.openAt('weak-line-long', { address: HALL });
  far = await farBrowser();
  hanh = await meeting.joined(HANH, { capture: '1280x720', rate: 15 });
  for (const name of [TRANG, HA_LAM]) await meeting.joined(name, {}, { microphone: false });
  anBinh = await meeting.joined(AN_BINH, { far, viewport: { width: 1_600, height: 900 } });
  await hanh.acts('stage_camera', hanh);
  await anBinh.sees(hanh);
  await anBinh.hears(hanh);
  await seesAgain(anBinh, 720);
  full = await heightOf(anBinh);
});

afterEach(() => { isGoodAgain(); });

afterAll(async () => {
  await meeting.close();
  await far.close();
});

it('a good line, to compare with', async () => {
  console.log(`good line: ${inWords(await measure(anBinh, SECONDS))}`);
});

it.each([5, 10, 20])('%i of a hundred datagrams are lost', async (percent) => {
  losesDatagrams(percent / 100);
  const measured = await measure(anBinh, SECONDS);
  console.log(`${percent} % loss: ${inWords(measured)}`);
  await anBinh.hears(hanh);
  isGoodAgain();
  console.log(`${percent} % loss: ${full} lines again after ${(await seesAgain(anBinh, full)).toFixed(1)} s`);
  expect(measured.frames).toBeGreaterThan(0);
});

it.each([1_000, 300, 100])('%i kbit/s', async (kbps) => {
  carriesOnly(kbps);
  const first = await measure(anBinh, SECONDS);
  const then = await measure(anBinh, SECONDS);
  console.log(`${kbps} kbit/s, first: ${inWords(first)}`);
  console.log(`${kbps} kbit/s, then: ${inWords(then)}; line ${await lineOf(anBinh)}`);
  await anBinh.hears(hanh);
  isGoodAgain();
  console.log(`${kbps} kbit/s: ${full} lines again after ${(await seesAgain(anBinh, full)).toFixed(1)} s`);
  await anBinh.sees(hanh);
});

/** What the page says of its line. */
async function lineOf(person: Person): Promise<string> {
  return (await person.page.getByTestId('line').getAttribute('data-quality')) ?? '';
}
