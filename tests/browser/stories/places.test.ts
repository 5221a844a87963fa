/** A place in the meeting belongs to the link: a reload and a second tab come back to it. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { AN_BINH, HANH, Meeting, NAM } from '../support/meeting';

let meeting: Meeting;

beforeAll(async () => {
  meeting = await Meeting.open('places');
});

afterEach(() => meeting.empty());
afterAll(() => meeting.close());

it('Nam reloads the page: he is in his place again, as he was, and only once', async () => {
  const hanh = await meeting.joined(HANH);
  const nam = await meeting.joined(NAM);
  await nam.presses('microphone');
  await hanh.row(nam).then((row) => row.and(hanh.page.locator('[data-microphone=false]')).waitFor());
  await hanh.sees(nam);
  const before = await hanh.participants();

  await nam.page.reload();
  await nam.isIn();

  const again = before.map(({ id, number, microphone, camera, presence }) => ({ id, number, microphone, camera, presence }));
  await hanh.until('Nam is here again', (id) => window.diemcau?.participants().find((one) => one.id === id)?.presence === 'present', nam.id);
  for (const person of [hanh, nam]) {
    const now = await person.participants();
    expect(now.map(({ id, number, microphone, camera, presence }) => ({ id, number, microphone, camera, presence }))).toEqual(again);
  }
  expect(await nam.page.getByTestId('tool-microphone').getAttribute('data-state')).toBe('off');
  expect(await nam.page.getByTestId('tool-camera').getAttribute('data-state')).toBe('on');
  await hanh.sees(nam);
  await nam.sees(hanh);
  await nam.hears(hanh);
});

it('An Bình opens the link in a second tab: the first one gives way, until it is asked to take over', async () => {
  const hanh = await meeting.joined(HANH);
  const anBinh = await meeting.joined(AN_BINH);
  await hanh.sees(anBinh);
  const [{ number } = { number: 0 }] = (await anBinh.participants()).filter(({ id }) => id === anBinh.id);

  const first = await anBinh.opensSecondTab();
  const sockets: string[] = [];
  first.on('websocket', (socket) => sockets.push(socket.url()));
  await anBinh.goesIn();
  await first.getByTestId('taken-over').waitFor();
  await hanh.sees(anBinh);
  await hanh.writes('Xã An Bình có nghe rõ không?');
  await anBinh.reads(hanh, 'Xã An Bình có nghe rõ không?');
  // The first tab does not come back by itself, and the second one stays.
  expect(sockets).toEqual([]);
  expect(await first.getByTestId('taken-over').isVisible()).toBe(true);
  expect(await anBinh.page.evaluate(() => window.diemcau?.connection)).toBe('live');

  const second = anBinh.page;
  anBinh.page = first;
  await first.getByTestId('use-here').click();
  await second.getByTestId('taken-over').waitFor();
  await anBinh.isIn();
  await anBinh.reads(hanh, 'Xã An Bình có nghe rõ không?');
  await hanh.sees(anBinh);
  await hanh.hears(anBinh);
  const mine = (await hanh.participants()).filter(({ id }) => id === anBinh.id);
  expect(mine.map((one) => one.number)).toEqual([number]);
});
