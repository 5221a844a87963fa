/** Documents beside the picture, groups apart, interpreters, and what the secretary notes. */
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AN_BINH, HA_LAM, HANH, KHANH, Meeting } from '../support/meeting';
import { pdfOf } from '../support/pdf';
import type { Person } from '../support/people';

let meeting: Meeting;
let hanh: Person;
let khanh: Person;
let anBinh: Person;
let haLam: Person;

beforeAll(async () => {
  meeting = await Meeting.open('documents');
  hanh = await meeting.joined(HANH);
  khanh = await meeting.joined(KHANH);
  anBinh = await meeting.joined(AN_BINH);
  haLam = await meeting.joined(HA_LAM);
});

afterAll(() => meeting.close());

/** The page that somebody's reader has drawn. */
async function looksAt({ page }: Person, number: number): Promise<void> {
  await page.locator(`[data-testid=pdf-page][data-page="${String(number)}"]`).waitFor();
}

/** The panel is open, and nothing in it keeps anybody out. */
async function isForEverybody({ page }: Person): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).include('aside').analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`)).toEqual([]);
}

it('the secretary puts a document in: everybody finds it, and opens it beside the pictures', async () => {
  await khanh.presses('documents');
  await khanh.page.getByTestId('add-document').click();
  await khanh.page.getByTestId('document-file').setInputFiles({
    name: 'Báo cáo quý III.pdf',
    mimeType: 'application/pdf',
    buffer: pdfOf(['Trang thu nhat', 'Trang thu hai', 'Trang thu ba']),
  });
  expect(await khanh.page.getByTestId('document-title').inputValue()).toBe('Báo cáo quý III');
  await khanh.page.getByTestId('save-document').click();
  await anBinh.presses('documents');
  await anBinh.page.getByTestId('open-document').click();
  await looksAt(anBinh, 1);
  await anBinh.page.locator('p[role=document]').filter({ hasText: 'Trang thu nhat' }).waitFor({ state: 'attached' });
  await anBinh.page.getByTestId('page-after').click();
  await looksAt(anBinh, 2);
  await anBinh.sees(hanh);
  await isForEverybody(anBinh);
  await isForEverybody(khanh);
});

it('the secretary leads: whoever follows is on the same page, whoever goes its own way can come back', async () => {
  await khanh.page.getByTestId('open-document').click();
  await looksAt(khanh, 1);
  await khanh.page.getByTestId('lead').click();
  await haLam.page.getByTestId('led-open').click();
  await looksAt(haLam, 1);
  await anBinh.page.getByTestId('follow').click();
  await looksAt(anBinh, 1);
  await khanh.page.getByTestId('page-after').click();
  for (const person of [khanh, anBinh, haLam]) await looksAt(person, 2);
  await anBinh.page.getByTestId('page-after').click();
  await looksAt(anBinh, 3);
  await khanh.page.getByTestId('page-before').click();
  await looksAt(haLam, 1);
  await looksAt(anBinh, 3);
  await anBinh.page.getByTestId('follow').click();
  await looksAt(anBinh, 1);
  await khanh.page.getByTestId('end-lead').click();
  await haLam.page.getByTestId('led').waitFor({ state: 'detached' });
});

it('a file that is no document is refused, with a word why', async () => {
  await khanh.page.getByTestId('reader-back').click();
  await khanh.page.getByTestId('add-document').click();
  await khanh.page.getByTestId('document-file').setInputFiles({ name: 'giả.pdf', mimeType: 'application/pdf', buffer: Buffer.from('MZ') });
  await khanh.page.getByTestId('save-document').click();
  await khanh.page.getByTestId('document-failure').filter({ hasText: 'nội dung tệp không đúng' }).waitFor();
  await khanh.page.getByTestId('document-dialog-close').click();
});

it('the secretary withdraws it: it closes in front of everybody', async () => {
  await khanh.page.getByTestId('withdraw-document').click();
  await khanh.page.getByTestId('withdraw-dialog').getByTestId('confirm').click();
  for (const { page } of [anBinh, haLam]) {
    await page.getByTestId('reader').waitFor({ state: 'detached' });
    await page.getByTestId('document').filter({ hasText: 'Đã thu hồi' }).waitFor();
  }
});

it('the secretary notes a conclusion: it stands under what was written', async () => {
  await khanh.runs('notes');
  await khanh.page.getByTestId('note-text').fill('Giao Sở Tài chính báo cáo trước ngày 05 tháng 12.');
  await khanh.page.getByTestId('note-conclusion').click();
  await khanh.page.getByTestId('write-note').click();
  await khanh.page.getByTestId('note').filter({ hasText: 'Kết luận' }).waitFor();
  await isForEverybody(khanh);
});

it('an interpreter is set up: a listener hears the channel, and the floor beneath it', async () => {
  await hanh.runs('interpretation');
  await hanh.page.getByTestId('channel-language').fill('English');
  await hanh.page.getByTestId('add-channel').click();
  await hanh.page.getByTestId('assign-interpreter').click();
  await hanh.page.getByRole('option', { name: HA_LAM }).click();
  await haLam.page.getByTestId('interpreter-strip').filter({ hasText: 'English' }).waitFor();
  await anBinh.page.getByTestId('channel-choice').click();
  await anBinh.page.getByRole('option', { name: 'English' }).click();
  await anBinh.hears(haLam);
  await isForEverybody(hanh);
  await hanh.page.getByTestId('remove-channel').click();
  await anBinh.page.getByTestId('channel-choice').waitFor({ state: 'detached' });
});

it('the units go apart and come back: a group hears only itself, and calls the controller', async () => {
  await hanh.runs('groups');
  await hanh.page.getByTestId('open-groups').click();
  for (const { page } of [anBinh, haLam]) await page.getByTestId('call-controller').waitFor();
  await hanh.page.getByTestId('group').first().getByTestId('group-member').first().waitFor();
  await hanh.hearsNoMore(anBinh);
  await isForEverybody(hanh);
  await anBinh.page.getByTestId('call-controller').click();
  await hanh.page.getByTestId('answer-group').click();
  await anBinh.page.getByTestId('call-controller').waitFor();
  await hanh.page.getByTestId('close-groups').click();
  await hanh.page.getByTestId('close-groups-dialog').getByTestId('confirm').click();
  await anBinh.page.getByTestId('group-strip').waitFor({ state: 'detached' });
  await hanh.hears(anBinh);
});
