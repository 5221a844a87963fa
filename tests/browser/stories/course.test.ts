/** A meeting of three is run from the browser: opened, the roll called, the floor given for a time and taken back, ended. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AN_BINH, HANH, KHANH, Meeting } from '../support/meeting';
import type { Person } from '../support/people';

let meeting: Meeting;
let hanh: Person;
let khanh: Person;
let anBinh: Person;

beforeAll(async () => {
  meeting = await Meeting.convene('course', {
    title: 'Giao ban công tác tháng 11',
    host_unit: 'UBND tỉnh Hà Minh',
    rehearsal: true,
    invitees: [
      { name: HANH, role: 'chair', kind: 'person', unit: 'UBND tỉnh Hà Minh' },
      { name: KHANH, role: 'secretary', kind: 'person', unit: 'UBND tỉnh Hà Minh' },
      { name: AN_BINH, role: 'operator', kind: 'site', unit: 'Huyện Sông Hà' },
    ],
  });
  hanh = await meeting.joined(HANH);
  khanh = await meeting.joined(KHANH);
  anBinh = await meeting.joined(AN_BINH);
});

afterAll(() => meeting.close());

it('the chair opens the meeting: the rehearsal is over for everybody', async () => {
  for (const { page } of [hanh, khanh, anBinh]) await page.getByTestId('rehearsal').waitFor();
  expect(await anBinh.page.getByTestId('open-meeting').count()).toBe(0);
  await hanh.page.getByTestId('open-meeting').click();
  await hanh.page.getByTestId('open-dialog').getByTestId('confirm').click();
  for (const { page } of [hanh, khanh, anBinh]) await page.getByTestId('rehearsal').waitFor({ state: 'detached' });
});

it('the secretary calls the roll: the site reports twelve people, and the result tells so', async () => {
  await khanh.runs('roll');
  await khanh.page.getByTestId('open-roll-call').click();
  const card = anBinh.page.getByTestId('roll-call-answer');
  await card.getByTestId('headcount').fill('12');
  await card.getByTestId('delegates').fill('Nguyễn Văn Bình\nTrần Thị Lan');
  await card.getByTestId('report-presence').click();
  await card.waitFor({ state: 'detached' });
  await hanh.page.getByTestId('report-presence').click();
  await khanh.page.getByTestId('report-presence').click();
  await khanh.page.locator('[data-testid=roll-progress][data-answered="3"]', { hasText: '14' }).waitFor();
  await khanh.page.locator(`[data-testid=roll-entry][data-participant="${anBinh.id}"]`, { hasText: 'Trần Thị Lan' }).waitFor();
  await khanh.page.getByTestId('close-roll-call').click();
  await khanh.page.locator(`[data-testid=roll-finding][data-participant="${anBinh.id}"]`, { hasText: 'Có mặt' }).waitFor();
});

it('microphones go by the floor: the site is told why its own is closed, and what to do', async () => {
  await hanh.hears(anBinh);
  await hanh.runs('floor');
  await hanh.page.getByTestId('floor-policy').getByText('Theo lượt mời').click();
  await hanh.page.getByTestId('save-floor-policy').click();
  await anBinh.page.getByTestId('own-closed').waitFor();
  await hanh.hearsNoMore(anBinh);
});

it('the site asks for the floor and sees its place; the chair gives it for a minute, and the time runs', async () => {
  await anBinh.page.getByTestId('ask-floor').click();
  await anBinh.page.getByTestId('own-place').filter({ hasText: 'thứ 1' }).waitFor();
  await hanh.page.getByTestId('give-minutes').fill('1');
  await hanh.page.locator(`[data-testid=asking][data-participant="${anBinh.id}"]`).getByTestId('give-floor').click();
  const time = anBinh.page.getByTestId('own-floor-time');
  await time.waitFor();
  const first = await time.textContent();
  await anBinh.until('sees the time run', (before) => document.querySelector('[data-testid=own-floor-time]')?.textContent !== before, first);
  await anBinh.page.getByTestId('own-floor-microphone').click();
  await hanh.hears(anBinh);
});

it('a minute more is given, then the floor is taken back: the microphone closes with it', async () => {
  await hanh.page.getByTestId('extend').click();
  await anBinh.page.getByTestId('own-floor-time').filter({ hasText: /^[12]:/ }).waitFor();
  await hanh.page.getByTestId('take-back').click();
  await anBinh.page.getByTestId('own-floor').waitFor({ state: 'detached' });
  await hanh.hearsNoMore(anBinh);
  await anBinh.page.locator('[data-testid=tool-microphone][data-state=off]').waitFor();
});

it('whoever is given the floor may give it back', async () => {
  await hanh.acts('give_floor', anBinh);
  await anBinh.page.getByTestId('give-back').click();
  await hanh.runs('lead');
  await hanh.page.getByTestId('nobody-speaks').waitFor();
});

it('the agenda goes on from item to item; everybody sees which one it is', async () => {
  await khanh.runs('agenda');
  for (const title of ['Tình hình kinh tế – xã hội', 'Công tác phòng, chống thiên tai']) {
    await khanh.page.getByTestId('add-item').click();
    await khanh.page.getByTestId('item-title').fill(title);
    await khanh.page.getByTestId('save-item').click();
    await khanh.page.getByTestId('agenda-dialog').waitFor({ state: 'detached' });
  }
  await hanh.page.getByTestId('next-item').click();
  await anBinh.opens('procedure');
  const current = anBinh.page.locator('[data-testid=agenda-item][aria-current]');
  await current.filter({ hasText: 'kinh tế' }).waitFor();
  await hanh.page.getByTestId('next-item').click();
  await current.filter({ hasText: 'thiên tai' }).waitFor();
});

it('a presence check asks everybody but the secretary; a press answers it', async () => {
  await khanh.runs('roll');
  await khanh.page.getByTestId('start-check').click();
  for (const { page } of [hanh, anBinh]) {
    await page.getByTestId('here').click();
    await page.getByTestId('presence-check').waitFor({ state: 'detached' });
  }
});

it('an announcement, a break and the recording’s notice reach everybody', async () => {
  await khanh.runs('conduct');
  await khanh.page.getByTestId('announce-text').fill('Tài liệu đã gửi vào hộp thư công vụ.');
  await khanh.page.getByTestId('announce').click();
  await anBinh.page.getByTestId('announcement').filter({ hasText: 'hộp thư công vụ' }).waitFor();
  await khanh.page.getByTestId('start-timer').click();
  await anBinh.page.getByTestId('timer').waitFor();
  await khanh.page.getByTestId('start-break').click();
  await anBinh.page.getByTestId('pause').waitFor();
  await hanh.page.getByTestId('resume').click();
  await anBinh.page.getByTestId('pause').waitFor({ state: 'detached' });
  await hanh.runs('conduct');
  await hanh.page.getByTestId('recording-notice').fill('10');
  await hanh.page.getByTestId('start-recording').click();
  await anBinh.page.getByTestId('consent-recording').click();
  await anBinh.page.getByTestId('recording-consent').waitFor({ state: 'detached' });
  await anBinh.page.getByTestId('recording-sign').filter({ hasText: 'Đang ghi hình từ' }).waitFor();
});

it('the chair ends the meeting, after being asked once more: everybody sees the seal', async () => {
  await hanh.runs('lead');
  await hanh.page.getByTestId('end-meeting').click();
  await hanh.page.getByTestId('end-dialog').getByTestId('confirm').click();
  for (const { page } of [hanh, khanh, anBinh]) await page.getByTestId('closing-hash').waitFor();
  const hashes = await Promise.all([hanh, khanh, anBinh].map(({ page }) => page.getByTestId('closing-hash').textContent()));
  expect(new Set(hashes).size).toBe(1);
});
