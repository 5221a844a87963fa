/** Nam's browser encodes what somebody looks at, and no more. */
import { afterAll, beforeAll, it } from 'vitest';
import { AN_BINH, HANH, Meeting, NAM } from '../support/meeting';
import type { Person } from '../support/people';

let meeting: Meeting;
let hanh: Person;
let anBinh: Person;
let nam: Person;

beforeAll(async () => {
  meeting = await Meeting.open('layers');
  // So high a picture has two layers: q and h.
  nam = await meeting.joined(NAM, { capture: '640x360' });
  hanh = await meeting.joined(HANH, { viewport: { width: 1_366, height: 768 } });
});

afterAll(() => meeting.close());

/** Until exactly these layers of the camera are encoded. */
async function encodes(wanted: string): Promise<void> {
  await nam.until(
    `encodes ${wanted === '' ? 'nothing' : wanted}`,
    (rids) => {
      const sender = window.diemcau?.pc?.getSenders().find((one) => one.getParameters().encodings.length > 1);
      const active = sender?.getParameters().encodings.filter((encoding) => encoding.active).map(({ rid }) => rid ?? '');
      return active?.join('') === rids;
    },
    wanted,
  );
}

it('on the stage of Hạnh the tall layer is enough', async () => {
  await hanh.acts('stage_camera', nam);
  await hanh.sees(nam);
  await encodes('h');
});

it('in a tile the small one is enough, and in both places both are encoded', async () => {
  anBinh = await meeting.joined(AN_BINH, { viewport: { width: 1_366, height: 768 } });
  await hanh.acts('stage_camera', anBinh);
  await hanh.sees(nam);
  await anBinh.sees(nam);
  await encodes('qh');
  await hanh.acts('stage_camera', nam);
  await hanh.sees(nam);
  await encodes('h');
});

it('when nobody is there to see him, nothing is encoded; who comes sees him', async () => {
  for (const person of [hanh, anBinh]) {
    await person.presses('leave');
    await person.page.getByTestId('left').waitFor();
  }
  await encodes('');
  await hanh.page.getByTestId('rejoin').click();
  await hanh.isIn();
  await hanh.sees(nam);
});

it('a camera that is switched off and on again is seen as before', async () => {
  await nam.presses('camera');
  await hanh.row(nam).then((row) => row.and(hanh.page.locator('[data-camera=false]')).waitFor());
  await nam.presses('camera');
  await hanh.sees(nam);
});
