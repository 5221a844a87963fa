/** A guest waits in the lobby, is let in, gets a proper name, and is removed with a reason. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { GUEST, HANH, Meeting } from '../support/meeting';
import type { Person } from '../support/people';

let meeting: Meeting;
let hanh: Person;
let guest: Person;

beforeAll(async () => {
  meeting = await Meeting.open('lobby');
  hanh = await meeting.joined(HANH);
  guest = await meeting.person(GUEST);
});

afterAll(() => meeting.close());

it('the chair has guests wait', async () => {
  await hanh.runs('agenda');
  await hanh.page.getByTestId('add-item').click();
  await hanh.page.getByTestId('item-title').fill('Báo cáo của các sở, ngành');
  await hanh.page.getByTestId('save-item').click();
  await hanh.page.getByTestId('agenda-dialog').waitFor({ state: 'detached' });
  await hanh.runs('admission');
  await hanh.page.getByTestId('procedure-panel').getByText('Khách mời', { exact: true }).click();
});

it('the guest waits and sees what is coming; the chair sees who waits', async () => {
  await guest.opensLink();
  await guest.page.getByTestId('name').fill('lan 1990');
  await guest.page.getByTestId('join').click();
  const lobby = guest.page.getByTestId('lobby');
  await lobby.filter({ hasText: 'Báo cáo của các sở, ngành' }).filter({ hasText: 'lan 1990' }).waitFor();
  await hanh.page.getByTestId('waiting-entry').filter({ hasText: 'lan 1990' }).waitFor();
});

it('the chair gives the guest a proper name and lets her in', async () => {
  await hanh.page.getByTestId('rename').click();
  await hanh.page.getByTestId('rename-name').fill('Bà Vũ Thị Lan, Sở Tài chính');
  await hanh.page.getByTestId('rename-confirm').click();
  await hanh.page.getByTestId('waiting-entry').filter({ hasText: 'Bà Vũ Thị Lan' }).waitFor();
  await hanh.page.getByTestId('admit').click();
  await guest.isIn();
  await hanh.row(guest).then((row) => row.filter({ hasText: 'Bà Vũ Thị Lan' }).waitFor());
});

it('the chair removes her with a reason, which she reads; her link is of no use any more', async () => {
  await hanh.acts('remove', guest);
  expect(await hanh.page.getByTestId('remove-confirm').isDisabled()).toBe(true);
  await hanh.page.getByTestId('remove-reason').fill('Nội dung tiếp theo chỉ dành cho thành viên Ủy ban.');
  await hanh.page.getByTestId('remove-confirm').click();
  await guest.page.getByTestId('removal-reason').filter({ hasText: 'chỉ dành cho thành viên' }).waitFor();
  await hanh.runs('admission');
  await hanh.page.getByTestId('removed-section').filter({ hasText: 'Bà Vũ Thị Lan' }).waitFor();
});

it('let back in, she comes straight in: she was admitted before', async () => {
  await hanh.page.getByTestId('readmit').click();
  await hanh.page.getByTestId('removed-section').waitFor({ state: 'detached' });
  await guest.page.reload();
  await guest.page.getByTestId('name').fill('Vũ Thị Lan');
  await guest.page.getByTestId('join').click();
  await guest.isIn();
});
