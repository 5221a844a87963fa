/** Two people meet: the chair in the province's hall and a commune. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AN_BINH, HANH, Meeting } from '../support/meeting';
import type { Person } from '../support/people';

let meeting: Meeting;
let hanh: Person;
let anBinh: Person;

beforeAll(async () => {
  meeting = await Meeting.open('two-people');
  hanh = await meeting.joined(HANH);
  anBinh = await meeting.joined(AN_BINH);
});

afterAll(() => meeting.close());

it('each sees the picture of the other move', async () => {
  await hanh.sees(anBinh);
  await anBinh.sees(hanh);
});

it('each hears the voice of the other', async () => {
  await hanh.hears(anBinh);
  await anBinh.hears(hanh);
  const levels = await hanh.page.evaluate(async () => {
    const stats = (await window.diemcau?.stats()) ?? [];
    return stats.map(({ audioLevel }) => audioLevel);
  });
  expect(Math.max(...levels)).toBeGreaterThan(0.05);
});

it('An Bình shares a screen: the chair sees it move under the name of An Bình, and hears it', async () => {
  await anBinh.presses('share');
  await hanh.seesScreenOf(anBinh);
  await hanh.hearsTone(anBinh.look.screenTone);
  expect(await hanh.page.getByTestId('stage-label').textContent()).toContain(`Màn hình của ${anBinh.name}`);
  await anBinh.presses('share');
  await hanh.sees(anBinh);
  await hanh.page.locator('[data-testid=stage]:not([data-kind=screen])').waitFor();
});

it('what one writes, the other reads', async () => {
  await hanh.writes('Đề nghị xã An Bình báo cáo tiến độ');
  await anBinh.reads(hanh, 'Đề nghị xã An Bình báo cáo tiến độ');
  await anBinh.writes('Xã An Bình xin báo cáo');
  await hanh.reads(anBinh, 'Xã An Bình xin báo cáo');
});

it('An Bình raises a hand, and the chair lowers it', async () => {
  await anBinh.presses('hand');
  const hands = hanh.page.getByTestId('hands');
  await hanh.opens('participants');
  await hands.getByText(anBinh.name).waitFor();
  await anBinh.page.locator('[data-testid=self-tile][data-hand=true]').waitFor();
  await hands.getByTestId('lower-hand').click();
  await anBinh.page.locator('[data-testid=self-tile][data-hand=false]').waitFor();
  await anBinh.page.getByTestId('notices').getByText(`${hanh.name} đã hạ tay của bạn`).waitFor();
  await hands.waitFor({ state: 'detached' });
});

it('all of this took one negotiation for each', async () => {
  expect([await hanh.negotiations(), await anBinh.negotiations()]).toEqual([1, 1]);
});
