/** Names and faces belong together, however fast the chair changes the stage. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { shade } from '../support/looks';
import { AN_BINH, BEN_TRUC, HA_LAM, HANH, Meeting, TRANG } from '../support/meeting';
import type { Person } from '../support/people';
import { ANNOUNCED_WITHIN, watchNames } from '../support/stage';

const SWITCHES = 200;

let meeting: Meeting;
let hanh: Person;
let trang: Person;
const sites: Person[] = [];

beforeAll(async () => {
  meeting = await Meeting.open('stage');
  for (const name of [AN_BINH, HA_LAM, BEN_TRUC]) sites.push(await meeting.joined(name));
  hanh = await meeting.joined(HANH, {}, { microphone: false, camera: false });
  trang = await meeting.joined(TRANG);
  for (const site of sites) await trang.sees(site);
});

afterAll(() => meeting.close());

it('the chair puts a site on the stage: everyone sees it there', async () => {
  const [anBinh, haLam] = sites as [Person, Person];
  await hanh.acts('stage_camera', haLam);
  await trang.page.locator(`[data-testid=stage][data-main=stage][data-participant="${haLam.id}"]`).waitFor();
  await trang.sees(haLam);
  await hanh.acts('stage_camera', anBinh);
  await trang.page.locator(`[data-testid=stage][data-main=stage][data-participant="${anBinh.id}"]`).waitFor();
  await trang.sees(anBinh);
  expect(await trang.page.getByTestId('stage-label').textContent()).toContain(anBinh.name);
});

it(`${SWITCHES} times the stage changes, and no picture ever stands under another name`, async () => {
  await hanh.opens('participants');
  const shades = Object.fromEntries(sites.map((site) => [site.id, shade(site.look.camera)]));
  await trang.page.evaluate(watchNames, [shades, ANNOUNCED_WITHIN] as const);
  let current = 0;
  for (let count = 1; count <= SWITCHES; count += 1) {
    // Each of the two others in turn, so that every pair changes both ways.
    current = (current + 1 + (count >> 1) % 2) % sites.length;
    const next = sites[current]?.id ?? '';
    await hanh.page.evaluate(stageByMenu, next);
    await trang.until(`switch ${count} is shown`, (id) => window.names.onStage === id, next);
  }
  const { frames, compared, early, ahead, mismatches } = await trang.page.evaluate(() => window.names);
  console.log(
    `${SWITCHES} switches: ${compared} pictures compared on ${frames} animation frames, ${early} met before their announcement (${ahead} of another person than the one before), ${mismatches.length} mismatches`,
  );
  expect(mismatches).toEqual([]);
  expect(compared).toBeGreaterThan(SWITCHES);
});

/** The chair's own menu, pressed without a hand. */
async function stageByMenu(participant: string): Promise<void> {
  const found = async (selector: string): Promise<HTMLElement> => {
    for (;;) {
      const element = document.querySelector<HTMLElement>(selector);
      if (element !== null) return element;
      await new Promise(requestAnimationFrame);
    }
  };
  (await found(`[data-testid=participant][data-participant="${participant}"] [data-testid=participant-actions]`)).click();
  (await found('[data-testid=action-stage_camera]')).click();
  while (document.querySelector('[data-testid=action-stage_camera]') !== null) await new Promise(requestAnimationFrame);
}
