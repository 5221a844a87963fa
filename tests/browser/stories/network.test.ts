/** The network drops, and comes back. */
import { afterAll, afterEach, beforeEach, expect, beforeAll, it } from 'vitest';
import { Line } from '../support/line';
import { HANH, Meeting, NAM } from '../support/meeting';
import type { Person } from '../support/people';

let meeting: Meeting;
let hanh: Person;
let nam: Person;
let line: Line;

beforeAll(async () => {
  meeting = await Meeting.open('network');
});

beforeEach(async () => {
  hanh = await meeting.joined(HANH);
  nam = await meeting.person(NAM);
  line = await Line.lay(nam);
  await nam.join();
  await hanh.sees(nam);
  await nam.sees(hanh);
});

afterEach(async () => {
  await meeting.empty();
  line.close();
});

afterAll(() => meeting.close());

it('the WebSocket of Nam breaks: sound and picture go on, and he comes back by himself to what he missed', async () => {
  line.cutsWebSocket();
  await nam.isTold('reconnecting');
  await hanh.row(nam).then((row) => row.and(hanh.page.locator('[data-presence=reconnecting]')).waitFor());
  await nam.sees(hanh);
  await nam.hears(hanh);
  await hanh.sees(nam);
  await hanh.hears(nam);
  await hanh.writes('Nghị quyết đã được thông qua');

  line.mendsWebSocket();
  await nam.isTold('none');
  await nam.reads(hanh, 'Nghị quyết đã được thông qua');
  await hanh.row(nam).then((row) => row.and(hanh.page.locator('[data-presence=present]')).waitFor());
  await nam.sees(hanh);
  await hanh.sees(nam);
  expect(await nam.negotiations()).toBe(1);
});

it('the way of sound and picture dies: Nam is told, and it comes back on another one by an ICE restart', async () => {
  await line.movesToAnotherNetwork();
  await nam.isTold('media');
  await nam.isTold('none');
  await nam.sees(hanh);
  await nam.hears(hanh);
  await hanh.sees(nam);
  await hanh.hears(nam);
  expect(await nam.negotiations()).toBe(2);
  expect(await hanh.negotiations()).toBe(1);
});

it('the computer of Nam was without a network: when it has one again, everything is there by one ICE restart', async () => {
  await nam.context.setOffline(true);
  await nam.context.setOffline(false);
  await nam.until('ICE was restarted', () => window.diemcau?.negotiations === 2);
  await nam.isIn();
  await nam.isTold('none');
  await nam.sees(hanh);
  await hanh.sees(nam);
  await hanh.hears(nam);
  expect(await nam.negotiations()).toBe(2);
});
