/** The chair closes a microphone: everyone hears silence, whatever that browser goes on sending. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AN_BINH, HANH, Meeting, NAM } from '../support/meeting';
import { isSilence, nobodyHears, PACKETS_WHILE_CLOSED, type Person } from '../support/people';

let meeting: Meeting;
let hanh: Person;
let nam: Person;
let anBinh: Person;

beforeAll(async () => {
  meeting = await Meeting.open('mute');
  hanh = await meeting.joined(HANH);
  nam = await meeting.joined(NAM);
  anBinh = await meeting.joined(AN_BINH);
  await hanh.hears(nam);
  await anBinh.hears(nam);
});

afterAll(() => meeting.close());

it('the chair mutes Nam: he is told, and nobody hears him', async () => {
  await hanh.acts('mute', nam);
  await nam.isTold('muted');
  expect(await nam.page.getByTestId('tool-microphone').isDisabled()).toBe(true);
  for (const receiver of [hanh, anBinh]) await receiver.hearsNoMore(nam);
  expect(await nobodyHears([hanh, anBinh], nam, PACKETS_WHILE_CLOSED)).toSatisfy(isSilence);
});

it('Nam forces his microphone open in his browser: his sound is sent, and still nobody hears him', async () => {
  await nam.page.evaluate(async () => {
    const { microphone } = window.devices;
    const sender = window.diemcau?.pc?.getSenders().find(({ track }) => track === microphone);
    const forced = microphone?.clone();
    if (sender === undefined || forced === undefined) throw new Error('no microphone is being sent');
    forced.enabled = true;
    await sender.replaceTrack(forced);
  });
  expect(await nobodyHears([hanh, anBinh], nam)).toSatisfy(isSilence);
  expect(await nam.loudnessSent()).toBeGreaterThan(0.05);
  await hanh.hears(anBinh);
});

it('the chair lifts it: the microphone stays closed until Nam opens it himself', async () => {
  await hanh.acts('unmute', nam);
  await nam.isTold('none');
  const microphone = nam.page.locator('[data-testid=tool-microphone][data-state=off]:not([disabled])');
  await microphone.waitFor();
  // The forced track still sends; the meeting knows the microphone as closed.
  expect(await nobodyHears([hanh, anBinh], nam)).toSatisfy(isSilence);
  await microphone.click();
  await hanh.hears(nam);
  await anBinh.hears(nam);
});
