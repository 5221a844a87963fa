/** An open vote and a secret one, from the browser to the result, with every receipt checked. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AN_BINH, HANH, KHANH, Meeting } from '../support/meeting';
import type { Person } from '../support/people';

let meeting: Meeting;
let hanh: Person;
let khanh: Person;
let anBinh: Person;
let everybody: readonly Person[];

const FOR = 0;
const AGAINST = 1;

beforeAll(async () => {
  meeting = await Meeting.open('votes');
  hanh = await meeting.joined(HANH);
  khanh = await meeting.joined(KHANH);
  anBinh = await meeting.joined(AN_BINH);
  everybody = [hanh, khanh, anBinh];
});

afterAll(() => meeting.close());

/** What the result card of somebody says about an option. */
async function votesFor({ page }: Person, option: number): Promise<string> {
  return (await page.getByTestId('result-card').getByTestId(`result-${option}`).textContent()) ?? '';
}

it('the secretary opens a vote: each sees the question, votes, and may vote again', async () => {
  await khanh.runs('votes');
  await khanh.page.getByTestId('new-vote').click();
  expect(await khanh.page.getByTestId('open-vote-button').isDisabled()).toBe(true);
  await khanh.page.getByTestId('vote-question-input').fill('Thông qua kế hoạch phòng, chống thiên tai năm 2027?');
  await khanh.page.getByTestId('open-vote-button').click();
  for (const { page } of everybody) await page.getByTestId('vote-question').filter({ hasText: 'thiên tai năm 2027' }).waitFor();
  await hanh.page.getByTestId(`vote-option-${FOR}`).click();
  await khanh.page.getByTestId(`vote-option-${FOR}`).click();
  await anBinh.page.getByTestId(`vote-option-${AGAINST}`).click();
  for (const { page } of everybody) await page.locator('[data-testid=vote-state][data-cast=true]').waitFor();
  await anBinh.page.getByTestId(`vote-option-${FOR}`).click();
  await anBinh.page.locator(`[data-testid=vote-option-${FOR}][aria-pressed=true]`).waitFor();
  await khanh.page.locator('[data-testid=votes-given][data-given="3"]').waitFor();
});

it('it is closed: everybody sees the same result', async () => {
  await khanh.page.getByTestId('close-vote').click();
  for (const person of everybody) {
    await person.page.getByTestId('result-card').getByTestId('vote-verdict').filter({ hasText: 'Được thông qua: Tán thành' }).waitFor();
    expect(await votesFor(person, FOR)).toMatch(/^3 \(100/);
    await person.page.getByTestId('result-card-close').click();
  }
});

it('a secret vote: each has a paper, one reloads the page with it in hand, and all put theirs into the box', async () => {
  await khanh.page.getByTestId('new-vote').click();
  await khanh.page.getByTestId('vote-question-input').fill('Bỏ phiếu tín nhiệm');
  await khanh.page.getByTestId('vote-method').click();
  await khanh.page.getByRole('option', { name: 'Phiếu kín' }).click();
  await khanh.page.getByTestId('open-vote-button').click();
  for (const { page } of everybody) await page.getByTestId(`ballot-option-${FOR}`).waitFor();
  await anBinh.page.reload();
  await anBinh.isIn();
  await anBinh.page.getByTestId(`ballot-option-${AGAINST}`).click();
  await anBinh.page.getByTestId('cast-ballot').click();
  for (const { page } of [hanh, khanh]) {
    await page.getByTestId(`ballot-option-${FOR}`).click();
    await page.getByTestId('cast-ballot').click();
  }
  for (const { page } of everybody) await page.getByTestId('ballot-accepted').waitFor();
});

it('while it is open the panel tells who has taken a paper, and nothing else', async () => {
  const panel = khanh.page.getByTestId('open-vote');
  await panel.locator('[data-testid=votes-given][data-given="3"]').waitFor();
  expect(await panel.getByTestId('tally').count()).toBe(0);
  for (const voter of await panel.getByTestId('voter').allTextContents()) expect(voter).not.toContain('án thành');
});

it('it is closed: the result is there, and every receipt is proved to be in it', async () => {
  await khanh.page.getByTestId('close-vote').click();
  const receipts = new Set<string>();
  for (const person of everybody) {
    const card = person.page.getByTestId('result-card');
    await card.getByTestId('vote-verdict').waitFor();
    expect(await votesFor(person, FOR)).toMatch(/^2 /);
    expect(await votesFor(person, AGAINST)).toMatch(/^1 /);
    receipts.add((await card.getByTestId('receipt').textContent()) ?? '');
    await card.getByTestId('check-receipt').click();
    await card.locator('[data-testid=receipt-state][data-checked=counted]').waitFor();
  }
  expect(receipts.size).toBe(3);
});

it('a vote by roll call: nobody votes before being called', async () => {
  for (const { page } of everybody) await page.getByTestId('result-card-close').click();
  await khanh.page.getByTestId('new-vote').click();
  await khanh.page.getByTestId('vote-question-input').fill('Thông qua nghị quyết');
  await khanh.page.getByTestId('vote-method').click();
  await khanh.page.getByRole('option', { name: 'Gọi tên' }).click();
  await khanh.page.getByTestId('open-vote-button').click();
  await anBinh.page.getByTestId(`vote-option-${FOR}`).waitFor();
  expect(await anBinh.page.getByTestId(`vote-option-${FOR}`).isDisabled()).toBe(true);
  await khanh.page.locator(`[data-testid=voter][data-participant="${anBinh.id}"]`).getByTestId('call-voter').click();
  await anBinh.page.locator(`[data-testid=vote-option-${FOR}]:not([disabled])`).click();
  await khanh.page.locator('[data-testid=votes-given][data-given="1"]').waitFor();
  await khanh.page.getByTestId('cancel-vote').click();
  await khanh.page.getByTestId('cancel-reason').fill('Cần thảo luận thêm');
  await khanh.page.getByTestId('cancel-vote-confirm').click();
  await anBinh.page.getByTestId('vote-card').waitFor({ state: 'detached' });
});
