/** Nam's browser sends one stream of VP9, or of AV1, with several spatial layers; each gets of it what it shows. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AN_BINH, HANH, Meeting, NAM } from '../support/meeting';
import type { Person } from '../support/people';

const VIEWPORT = { width: 1_366, height: 768 };

let meeting: Meeting;
let hanh: Person;
let anBinh: Person;
let nam: Person;

/** Until Nam's picture is decoded at this height, and goes on. */
async function decodes(person: Person, tall: boolean): Promise<void> {
  await person.sees(nam);
  await person.until(
    `decodes ${tall ? 'the tall layer' : 'a low one'}`,
    ([id, wanted]) =>
      [...document.querySelectorAll<HTMLVideoElement>(`[data-participant="${id}"] video`)].some(
        ({ videoHeight }) => videoHeight > 0 && (videoHeight === 360) === wanted,
      ),
    [nam.id, tall] as const,
  );
  await person.sees(nam);
}

describe.each(['vp9', 'av1'] as const)('%s', (codec) => {
  beforeAll(async () => {
    meeting = await Meeting.openAt(`scalable-${codec}`, {}, codec);
    nam = await meeting.joined(NAM, { capture: '640x360' });
    hanh = await meeting.joined(HANH, { viewport: VIEWPORT });
    anBinh = await meeting.joined(AN_BINH, { viewport: VIEWPORT });
  });

  afterAll(() => meeting.close());

  it('he sends one stream, of two layers', async () => {
    const sent = await nam.page.evaluate(async () => {
      const modes: unknown[] = [];
      (await window.diemcau?.pc?.getStats())?.forEach((entry: Record<string, unknown>) => {
        const isCamera = entry['type'] === 'outbound-rtp' && entry['kind'] === 'video' && entry['bytesSent'] !== 0;
        if (isCamera) modes.push(entry['scalabilityMode']);
      });
      return modes;
    });
    // Chromium leaves out a layer where the picture is as small as here.
    expect(sent).toEqual(['L2T3_KEY']);
  });

  it('on the stage the tall layer comes, in a tile a low one', async () => {
    await hanh.acts('stage_camera', nam);
    await decodes(hanh, true);
    await decodes(anBinh, true);
    await hanh.acts('stage_camera', anBinh);
    await decodes(hanh, false);
  });

  it('who changes back from a tile to the stage goes up again', async () => {
    await hanh.acts('stage_camera', nam);
    await decodes(hanh, true);
  });
});
