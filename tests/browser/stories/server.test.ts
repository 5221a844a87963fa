/** The server ends, by a crash or in good order, and starts again on the same data folder. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { AN_BINH, HANH, KHANH, Meeting } from '../support/meeting';
import type { Person } from '../support/people';

let meeting: Meeting;
let hanh: Person;
let anBinh: Person;

beforeAll(async () => {
  meeting = await Meeting.open('server');
});

beforeEach(async () => {
  hanh = await meeting.joined(HANH);
  anBinh = await meeting.joined(AN_BINH);
});

afterEach(() => meeting.empty());
afterAll(() => meeting.close());

/** Until both are there again, and see and hear each other. */
async function areTogetherAgain(): Promise<void> {
  for (const [person, other] of [[hanh, anBinh], [anBinh, hanh]] as const) {
    await person.isIn();
    await person.isTold('none');
    await person.sees(other);
    await person.hears(other);
  }
}

it('the server is killed: after its start the meeting, its chat and its hands are there, and so are the people', async () => {
  await hanh.writes('Mời xã An Bình phát biểu');
  await anBinh.reads(hanh, 'Mời xã An Bình phát biểu');
  await anBinh.presses('hand');
  await hanh.row(anBinh).then((row) => row.and(hanh.page.locator('[data-hand=true]')).waitFor());
  await hanh.sees(anBinh);
  const before = await hanh.participants();

  await meeting.server.kill();
  await hanh.isTold('reconnecting');
  await anBinh.isTold('reconnecting');
  await meeting.server.startAgain();

  await areTogetherAgain();
  expect(await hanh.participants()).toEqual(before);
  // Khánh was not there before: what he finds is what the server kept.
  const khanh = await meeting.joined(KHANH);
  await khanh.reads(hanh, 'Mời xã An Bình phát biểu');
  await khanh.row(anBinh).then((row) => row.and(khanh.page.locator('[data-hand=true]')).waitFor());
  await khanh.sees(anBinh);
  await khanh.hears(hanh);
});

it('the server is stopped: everyone is told, and comes back after its start', async () => {
  await hanh.sees(anBinh);
  await meeting.server.stop();
  for (const person of [hanh, anBinh]) {
    await person.isTold('reconnecting');
    await person.page.getByTestId('banner').getByText('Đang kết nối lại').waitFor();
    expect(person.farewells).toEqual(['server_stopping']);
  }

  await meeting.server.startAgain();
  await areTogetherAgain();
});
