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
  const measured = await measure(anBinh, 8);
  console.log(`10 % loss: ${inWords(measured)}`);
  expect(measured.concealed).toBeLessThan(5);
  expect(measured.rate).toBeGreaterThan(2);
  await anBinh.hears(hanh);
});

it('the line carries 300 kbit/s for a while: the sound stays clear, and then the picture is as tall as before', async () => {
  await seesAgain(anBinh, 1);
  const before = await heightOf(anBinh);
  carriesOnly(300);
  const measured = await measure(anBinh, 8);
  console.log(`300 kbit/s: ${inWords(measured)}`);
  expect(measured.concealed).toBeLessThan(5);
  isGoodAgain();
  console.log(`300 kbit/s: as tall as before (${before} lines) after ${(await seesAgain(anBinh, before)).toFixed(1)} s`);
  await anBinh.sees(hanh);
});
