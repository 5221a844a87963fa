/** More sites than there are slots at first: the grid asks for more, once. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lookOf } from '../support/looks';
import { Meeting, NAM } from '../support/meeting';
import type { Person } from '../support/people';

const SITES = 9;

let meeting: Meeting;
let nam: Person;
const sites: Person[] = [];

beforeAll(async () => {
  meeting = await Meeting.open('large-grid');
  // Colours come again, names do not; few and small pictures, for two cores.
  for (const [index, name] of meeting.sites().slice(0, SITES).entries()) {
    sites.push(await meeting.joined(name, { look: lookOf(index % 5), rate: 2, viewport: { width: 320, height: 240 } }, { microphone: false }));
  }
  nam = await meeting.joined(NAM, { look: lookOf(5), viewport: { width: 960, height: 600 } });
});

afterAll(() => meeting.close());

it('beside the stage there are as many as there are slots', async () => {
  await nam.page.locator('[data-testid=more]').waitFor();
  expect(await nam.negotiations()).toBe(1);
});

it(`in the grid all ${SITES} are seen, by one more negotiation`, async () => {
  await nam.page.getByTestId('layout').click();
  for (const site of sites) await nam.sees(site);
  expect(await nam.negotiations()).toBe(2);
});

it('to and fro takes no further one, and nothing else was disturbed', async () => {
  await nam.page.getByTestId('layout').click();
  await nam.page.getByTestId('stage').waitFor();
  await nam.page.getByTestId('layout').click();
  for (const site of sites.slice(-2)) await nam.sees(site);
  expect(await nam.negotiations()).toBe(2);
  await sites[0]?.sees(nam);
  await nam.isTold('none');
});
