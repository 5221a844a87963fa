/** A commune on a weak line: what it hears stays clear, and what it sees comes back by itself. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { carriesOnly, farBrowser, HALL, isGoodAgain, losesDatagrams } from '../support/far';
import { heightOf, inWords, measure, seesAgain } from '../support/measure';
import { AN_BINH, HANH, Meeting } from '../support/meeting';
import type { Person } from '../support/people';

let meeting: Meeting;
let far: Browser;
let hanh: Person;
let anBinh: Person;

beforeAll(async () => {
  meeting = await Meeting.openAt('weak-line', { address: HALL });
  far = await farBrowser();
  hanh = await meeting.joined(HANH, { capture: '640x360' });
  anBinh = await meeting.joined(AN_BINH, { far }, { camera: false });
  await anBinh.sees(hanh);
  await anBinh.hears(hanh);
});

afterEach(() => { isGoodAgain(); });

afterAll(async () => {
  await meeting.close();
  await far.close();
});

it('one datagram in ten is lost: An Bình hears the chair clearly, and the picture moves', async () => {
  losesDatagrams(0.1);
  const measured = await measure(anBinh, 10);
  console.log(`10 % loss: ${inWords(measured)}`);
  expect(measured.concealed).toBeLessThan(5);
  expect(measured.rate).toBeGreaterThan(2);
  await anBinh.hears(hanh);
});

it('the line carries 300 kbit/s: once it is known, the sound is clear; afterwards the picture is as tall as before', async () => {
  const before = await heightOf(anBinh);
  carriesOnly(300);
  console.log(`300 kbit/s, until it is known: ${inWords(await measure(anBinh, 6))}`);
  const measured = await measure(anBinh, 8);
  console.log(`300 kbit/s: ${inWords(measured)}`);
  expect(measured.concealed).toBeLessThan(5);
  await anBinh.hears(hanh);
  isGoodAgain();
  console.log(`300 kbit/s: as tall as before (${before} lines) after ${(await seesAgain(anBinh, before)).toFixed(1)} s`);
  await anBinh.sees(hanh);
});

it('the line carries next to nothing: An Bình is told why there is no picture, and it comes back by itself', async () => {
  carriesOnly(80);
  const { page } = anBinh;
  await page.locator('[data-testid=line][data-quality=sound_only]').waitFor();
  expect(await page.getByTestId('line').textContent()).toContain('chỉ còn âm thanh');
  expect(await page.getByTestId('stage-absence').textContent()).toContain('Đường truyền yếu');
  expect(await page.locator('video[data-shown=true][data-mid]').count()).toBe(0);
  isGoodAgain();
  await anBinh.sees(hanh);
  await page.locator('[data-testid=line][data-quality=full]').waitFor({ state: 'attached' });
  expect(await page.getByTestId('stage-absence').count()).toBe(0);
});
