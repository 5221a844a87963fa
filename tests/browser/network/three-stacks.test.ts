/** Chromium, Firefox and a client on the `webrtc` crate meet: each sees and hears the other two. */
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HALL } from '../support/far';
import { FILM_SIZE } from '../support/film';
import { firefox, FirefoxPerson } from '../support/firefox';
import { Loudspeaker } from '../support/loudspeaker';
import { lookOf } from '../support/looks';
import { AN_BINH, HANH, Meeting, NAM } from '../support/meeting';
import { type Known, PATIENCE, type Person } from '../support/people';
import { SecondStack } from '../support/second-stack';

/** Two seconds of sound, and as much picture. */
const SOUNDS = 100;
const PICTURES = 24;

let meeting: Meeting;
let loudspeaker: Loudspeaker;
let browser: Browser;
/** With Chromium. */
let hanh: Person;
/** With Firefox. */
let nam: FirefoxPerson;
/** With neither. */
let anBinh: SecondStack;

beforeAll(async () => {
  meeting = await Meeting.openAt('three-stacks', { address: HALL });
  loudspeaker = await Loudspeaker.plugIn();
  browser = await firefox(loudspeaker);
  hanh = await meeting.joined(HANH, { capture: FILM_SIZE });
  nam = await FirefoxPerson.joins(browser, meeting.server.origin, meeting.linkOf(NAM), lookOf(1), FILM_SIZE);
  anBinh = await SecondStack.joins(meeting, meeting.linkOf(AN_BINH), lookOf(2));
});

afterAll(async () => {
  await anBinh.leaves();
  await browser.close();
  await meeting.close();
  await loudspeaker.unplug();
});

it('Chromium sees and hears both others', () => seesAndHears(hanh, [nam, anBinh]));

it('Firefox sees and hears both others', () => seesAndHears(nam, [hanh, anBinh]));

it('the client on the webrtc crate sees and hears both others', async () => {
  const people = await hanh.participants();
  for (const { id, name } of [hanh, nam]) {
    const number = people.find((one) => one.id === id)?.number ?? 0;
    const more = async (kind: 'camera' | 'microphone', frames: number): Promise<void> => {
      const goal = (await anBinh.framesOf(number, kind)) + frames;
      await expect.poll(() => anBinh.framesOf(number, kind), { timeout: PATIENCE, message: `${kind} of ${name}` }).toBeGreaterThanOrEqual(goal);
    };
    await more('camera', PICTURES);
    await more('microphone', SOUNDS);
  }
  const faulty = async (): Promise<unknown[]> => (await anBinh.report()).slots.filter(({ missing, torn }) => missing > 0 || torn > 0);
  await expect.poll(faulty, { timeout: PATIENCE }).toEqual([]);
});

async function seesAndHears(person: Person | FirefoxPerson, others: readonly Known[]): Promise<void> {
  for (const other of others) {
    await person.sees(other);
    await person.hears(other);
    const before = await person.receivedFrom(other);
    expect(before).toMatchObject({ name: other.name, size: FILM_SIZE });
    const since = async (): Promise<{ name: string; size: string; pictures: boolean; sounds: boolean }> => {
      const { name, size, frames, soundBytes, soundEnergy } = await person.receivedFrom(other);
      return { name, size, pictures: frames >= before.frames + PICTURES, sounds: soundBytes > before.soundBytes && soundEnergy > before.soundEnergy };
    };
    await expect.poll(since, { timeout: PATIENCE }).toEqual({ name: other.name, size: FILM_SIZE, pictures: true, sounds: true });
  }
}
