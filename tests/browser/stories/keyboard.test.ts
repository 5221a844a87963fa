/** Everything can be done without a mouse. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HANH, Meeting, NAM } from '../support/meeting';
import type { Person } from '../support/people';

/** More stops than any page has. */
const STOPS = 60;

let meeting: Meeting;
let hanh: Person;
let nam: Person;

beforeAll(async () => {
  meeting = await Meeting.open('keyboard');
  hanh = await meeting.joined(HANH);
  nam = await meeting.person(NAM);
});

afterAll(() => meeting.close());

function focused(person: Person): Promise<string> {
  return person.page.evaluate(() => {
    const element = document.activeElement;
    // A switch hides its own input beside what is seen.
    return element?.closest<HTMLElement>('[data-testid]')?.dataset['testid'] ?? element?.parentElement?.closest<HTMLElement>('[data-testid]')?.dataset['testid'] ?? '';
  });
}

/** Presses a key until the focus is there. */
async function reaches(person: Person, testId: string, key = 'Tab'): Promise<void> {
  const passed: string[] = [];
  for (let stop = 0; stop < STOPS; stop += 1) {
    const now = await focused(person);
    if (now === testId) return;
    passed.push(now);
    await person.page.keyboard.press(key);
  }
  throw new Error(`${testId} is not reached with ${key}: ${passed.join(', ')}`);
}

/** Into the toolbar, and along it. */
async function reachesTool(person: Person, tool: string): Promise<void> {
  for (let stop = 0; stop < STOPS && !(await focused(person)).startsWith('tool-'); stop += 1) await person.page.keyboard.press('Tab');
  await person.page.keyboard.press('Home');
  await reaches(person, `tool-${tool}`, 'ArrowRight');
}

async function becomes(person: Person, tool: string, state: string): Promise<void> {
  await person.page.locator(`[data-testid=tool-${tool}][data-state=${state}]`).waitFor();
}

it('Nam goes in', async () => {
  await nam.opensLink();
  await reaches(nam, 'start-camera');
  await nam.page.keyboard.press('Space');
  await nam.page.getByTestId('preview').waitFor({ state: 'detached' });
  await nam.page.keyboard.press('Space');
  await nam.page.getByTestId('preview').waitFor();
  await reaches(nam, 'join');
  await nam.page.keyboard.press('Enter');
  await nam.isIn();
  await hanh.sees(nam);
});

it('Nam closes and opens his microphone and his camera', async () => {
  for (const tool of ['microphone', 'camera']) {
    await reachesTool(nam, tool);
    await nam.page.keyboard.press('Space');
    await becomes(nam, tool, 'off');
    await hanh.row(nam).then((row) => row.and(hanh.page.locator(`[data-${tool}=false]`)).waitFor());
    await nam.page.keyboard.press('Enter');
    await becomes(nam, tool, 'on');
    await hanh.row(nam).then((row) => row.and(hanh.page.locator(`[data-${tool}=true]`)).waitFor());
  }
  await hanh.sees(nam);
  await hanh.hears(nam);
});

it('Nam raises his hand, and lowers it', async () => {
  await reachesTool(nam, 'hand');
  await nam.page.keyboard.press('Enter');
  await becomes(nam, 'hand', 'raised');
  await hanh.opens('participants');
  await hanh.page.getByTestId('hands').getByText(nam.name).waitFor();
  await nam.page.keyboard.press('Enter');
  await becomes(nam, 'hand', 'on');
});

it('Nam writes to everyone, and closes the panel', async () => {
  await reachesTool(nam, 'chat');
  await nam.page.keyboard.press('Enter');
  await nam.page.getByTestId('chat-panel').waitFor();
  await reaches(nam, 'chat-input');
  await nam.page.keyboard.type('Sở Kế hoạch nhất trí');
  await nam.page.keyboard.press('Enter');
  await hanh.reads(nam, 'Sở Kế hoạch nhất trí');
  await nam.page.keyboard.press('Escape');
  await nam.page.getByTestId('chat-panel').waitFor({ state: 'detached' });
});

it('Hạnh, the chair, puts Nam on the stage', async () => {
  await hanh.opens('participants');
  const actions = (await hanh.row(nam)).getByTestId('participant-actions');
  for (let stop = 0; stop < STOPS; stop += 1) {
    if (await actions.evaluate((element) => element === document.activeElement)) break;
    await hanh.page.keyboard.press('Tab');
  }
  await hanh.page.keyboard.press('Enter');
  await reaches(hanh, 'action-stage_camera', 'ArrowDown');
  await hanh.page.keyboard.press('Enter');
  await hanh.page.locator(`[data-testid=stage][data-main=stage][data-participant="${nam.id}"]`).waitFor();
  expect(await hanh.page.getByTestId('stage-label').textContent()).toContain(nam.name);
});

it('Nam leaves', async () => {
  await reachesTool(nam, 'leave');
  await nam.page.keyboard.press('Enter');
  await nam.page.getByTestId('left').waitFor();
});
