/** Lips and sound: An Bình flashes and beeps at the same instant, the chair sees and hears both together. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { delays, EAR_URL, median, watchLips } from '../support/lips';
import { shade, WHITE } from '../support/looks';
import { AN_BINH, HANH, Meeting } from '../support/meeting';
import type { Person } from '../support/people';

const FLASHES = 21;
/** The limit, in milliseconds. */
const TOGETHER = 80;

let meeting: Meeting;
let hanh: Person;
let anBinh: Person;

beforeAll(async () => {
  meeting = await Meeting.open('lips');
  anBinh = await meeting.joined(AN_BINH, { devices: 'clapper', rate: 30 });
  hanh = await meeting.joined(HANH, { bypassCSP: true }, { microphone: false, camera: false });
});

afterAll(() => meeting.close());

it(`the picture and the sound of the stage come within ${TOGETHER} ms`, async () => {
  await hanh.acts('stage_camera', anBinh);
  await hanh.page.locator(`[data-testid=stage][data-main=stage][data-participant="${anBinh.id}"]`).waitFor();
  await hanh.page.evaluate(watchLips, [EAR_URL, shade(WHITE)] as const);
  for (let flash = 1; flash <= FLASHES; flash += 1) {
    await anBinh.page.evaluate(() => window.devices.clap());
    await hanh.until(
      `flash ${flash} is seen and heard`,
      (wanted) => window.lips.flashes.length >= wanted && window.lips.beeps.length >= wanted,
      flash,
    );
  }
  const lips = await hanh.page.evaluate(() => window.lips);
  const found = delays(lips);
  const middle = median(found);
  const reckoned = median(lips.reckoned);
  console.log(
    `sound after picture: median ${middle.toFixed(0)} ms, each ${found.map((delay) => delay.toFixed(0)).join(' ')}; the browser reckons ${reckoned.toFixed(0)} ms`,
  );
  expect(found.length).toBeGreaterThanOrEqual(10);
  expect(Math.abs(middle)).toBeLessThanOrEqual(TOGETHER);
  expect(lips.reckoned.length).toBeGreaterThanOrEqual(10);
  expect(Math.abs(reckoned)).toBeLessThanOrEqual(TOGETHER);
});
