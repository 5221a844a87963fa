/**
 * Four people are recorded: stage changes, a vote, a chat, a shared screen. The
 * moment the chair ends the meeting there is a programme that plays, with lips
 * and sound together.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { delays, median } from '../support/lips';
import { AN_BINH, HA_LAM, HANH, KHANH, Meeting } from '../support/meeting';
import type { Person } from '../support/people';
import { Recorded } from '../support/remains';

const CLAPS = 12;
/** The limit of lips and sound, in milliseconds. */
const TOGETHER = 80;
const QUIETLY = { microphone: false };

let meeting: Meeting;
let hanh: Person;
let khanh: Person;
let anBinh: Person;
let haLam: Person;
let recorded: Recorded;
/** When the chair pressed the last button, by the clock of this machine. */
let ended: number;

beforeAll(async () => {
  meeting = await Meeting.open('recording', { settings: 'recording = "everything"\n' });
  hanh = await meeting.joined(HANH, {}, QUIETLY);
  khanh = await meeting.joined(KHANH, {}, QUIETLY);
  anBinh = await meeting.joined(AN_BINH, { devices: 'clapper', rate: 30 });
  haLam = await meeting.joined(HA_LAM, {}, QUIETLY);
});

afterAll(() => meeting.close());

/** Somebody is on the stage of everybody else. */
async function isOnStage(person: Person, kind: 'camera' | 'screen'): Promise<void> {
  for (const { page } of [hanh, khanh, anBinh, haLam].filter((other) => other !== person)) {
    await page.locator(`[data-testid=stage][data-main=stage][data-kind=${kind}][data-participant="${person.id}"]`).waitFor();
  }
}

/** Far enough from each other that none is taken for the next. */
async function claps(times: number): Promise<void> {
  for (let clap = 1; clap <= times; clap += 1) {
    await anBinh.page.evaluate(async () => {
      await window.devices.clap();
      for (let frame = 0; frame < 60; frame += 1) await new Promise(requestAnimationFrame);
    });
  }
}

it('the chair starts the recording: everybody is told, and sees that it goes on', async () => {
  await hanh.runs('conduct');
  await hanh.page.getByTestId('recording-notice').fill('10');
  await hanh.page.getByTestId('start-recording').click();
  for (const { page } of [hanh, khanh, anBinh, haLam]) {
    await page.getByTestId('recording-sign').filter({ hasText: 'Đang ghi hình từ' }).waitFor();
  }
});

it('stage, vote, chat and a shared screen, as in any meeting', async () => {
  await hanh.acts('stage_camera', anBinh);
  await isOnStage(anBinh, 'camera');
  await claps(CLAPS / 2);

  await khanh.runs('votes');
  await khanh.page.getByTestId('new-vote').click();
  await khanh.page.getByTestId('vote-question-input').fill('Thông qua chương trình công tác quý I?');
  await khanh.page.getByTestId('open-vote-button').click();
  for (const { page } of [hanh, khanh, anBinh, haLam]) await page.getByTestId('vote-option-0').click();
  await khanh.page.locator('[data-testid=votes-given][data-given="4"]').waitFor();
  await khanh.page.getByTestId('close-vote').click();
  for (const { page } of [hanh, khanh, anBinh, haLam]) await page.getByTestId('result-card-close').click();

  await haLam.writes('Xã đã gửi báo cáo bằng văn bản.');
  await hanh.reads(haLam, 'Xã đã gửi báo cáo bằng văn bản.');
  await haLam.presses('share');
  await hanh.seesScreenOf(haLam);
  await hanh.acts('stage_screen', haLam);
  await isOnStage(haLam, 'screen');
  await khanh.seesScreenOf(haLam);
  await haLam.presses('share');

  await hanh.acts('stage_camera', haLam);
  await isOnStage(haLam, 'camera');
  await khanh.sees(haLam);
  await hanh.acts('stage_camera', anBinh);
  await isOnStage(anBinh, 'camera');
  await claps(CLAPS / 2);
});

it('the chair ends it: the programme plays in a browser', async () => {
  const [, token = ''] = meeting.server.adminPath().split('#');
  await hanh.runs('lead');
  await hanh.page.getByTestId('end-meeting').click();
  await hanh.page.getByTestId('end-dialog').getByTestId('confirm').click();
  ended = Date.now();
  const id = new URL(hanh.page.url()).pathname.split('/').at(-1) ?? '';
  recorded = new Recorded(meeting.server.dataDir, id);

  const clerk = await meeting.browser.newContext({ extraHTTPHeaders: { Authorization: `Bearer ${token}` } });
  const page = await clerk.newPage();
  await page.goto(meeting.server.origin);
  const waited = await page.evaluate(async (address) => {
    // The clerk presses again until it is there.
    for (let tries = 1; ; tries += 1) {
      const answer = await fetch(address, { headers: { Range: 'bytes=0-0' } });
      await answer.arrayBuffer();
      if (answer.ok) break;
      if (tries === 500) throw new Error(`no programme: ${String(answer.status)}`);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    const there = Date.now();
    const video = document.createElement('video');
    video.muted = true;
    video.src = address;
    document.body.append(video);
    await video.play();
    await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
    const plays = Date.now();
    // Somewhere in its middle, too.
    video.currentTime = video.duration / 2;
    await new Promise((resolve) => { video.onseeked = resolve; });
    return { there, plays, width: video.videoWidth, duration: video.duration };
  }, `/api/v1/recordings/${id}/files/programme.webm`);
  console.log(`there ${String(waited.there - ended)} ms after the end of the meeting, plays after ${String(waited.plays - waited.there)} ms more`);
  expect(waited.width).toBeGreaterThan(0);
  expect(waited.duration).toBeCloseTo((await recorded.probe('programme.webm')).duration, 1);
  await clerk.close();
});

it('every file is read by ffmpeg without a word, and is as long as the meeting', async () => {
  const files = recorded.media();
  // Four cameras, one microphone that was heard, a screen and its sound, at least.
  expect(files.length).toBeGreaterThanOrEqual(7);
  for (const file of files) expect(await recorded.complaints(file), file).toBe('');
  const of = (type: string, what: string) => recorded.events.find(({ event }) => event.type === type && event['what'] === what)?.at ?? NaN;
  const held = (of('course', 'ended') - of('recording', 'started')) / 1_000;
  const { duration, kinds } = await recorded.probe('programme.webm');
  expect(kinds).toEqual(['audio', 'video']);
  expect(Math.abs(duration - held)).toBeLessThan(1);
  expect(Math.abs(recorded.timeline.duration / 1_000 - held)).toBeLessThan(1);
  expect(recorded.timeline.gaps).toEqual([]);
  const stage = recorded.timeline.chapters.filter(({ kind }) => kind === 'stage').map(({ title }) => title);
  for (const name of [AN_BINH, HA_LAM]) expect(stage.join()).toContain(name);
});

it(`in the programme, and in the files of a site, lips and sound are within ${String(TOGETHER)} ms`, async () => {
  const { number = 0 } = recorded.timeline.tracks.find(({ kind }) => kind === 'microphone') ?? {};
  const track = `tracks/${String(number).padStart(4, '0')}`;
  // What the stage showed and the meeting heard; and the site's own files, laid beside each other.
  for (const [picture, sound] of [
    ['programme.webm', 'programme.webm'],
    [`${track}-camera.webm`, `${track}-microphone.webm`],
  ] as const) {
    const found = delays({ flashes: await recorded.flashes(picture), beeps: await recorded.beeps(sound) });
    console.log(`${sound} after ${picture}: ${found.map((delay) => delay.toFixed(0)).join(' ')} ms`);
    expect(found.length).toBeGreaterThanOrEqual(CLAPS - 2);
    expect(Math.abs(median(found))).toBeLessThanOrEqual(TOGETHER);
  }
});

it('the minutes lie beside it, and tell of the vote', () => {
  for (const file of ['minutes.pdf', 'minutes.docx', 'minutes.json']) expect(recorded.has(file), file).toBe(true);
});
