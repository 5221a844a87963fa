/** Pictures of everything with which a meeting is followed and run: strips, cards, the panel's pages, dialogs, lobby and end. */
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { AN_BINH, GUEST, HANH, Meeting, NAM } from '../support/meeting';
import type { Person } from '../support/people';
import { CHAIR, COMMUNE, DELEGATE, dress, FOLDER, HALL, LOOKS, shoot } from '../support/shots';

let meeting: Meeting;
let hanh: Person;
let anBinh: Person;
let nam: Person;
let guest: Person;

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  meeting = await Meeting.convene('screenshots-procedure', {
    title: 'Giao ban công tác tháng 11',
    host_unit: 'UBND tỉnh Hà Minh',
    rehearsal: true,
    invitees: [
      { name: HANH, role: 'chair', kind: 'person', unit: 'UBND tỉnh Hà Minh' },
      { name: AN_BINH, role: 'operator', kind: 'site', unit: 'Huyện Sông Hà' },
      { name: NAM, role: 'delegate', kind: 'person', unit: 'Sở Kế hoạch' },
      { name: null, role: 'delegate', kind: 'person', unit: null },
    ],
  });
  hanh = await meeting.joined(HANH, { portrait: CHAIR });
  anBinh = await meeting.joined(AN_BINH, { portrait: HALL });
  nam = await meeting.joined(NAM, { portrait: DELEGATE });
  guest = await meeting.person(GUEST, { portrait: COMMUNE });
  await hanh.acts('stage_camera', anBinh);
  await hanh.runs('agenda');
  for (const [title, minutes, speakers] of [
    ['Tình hình kinh tế – xã hội tháng 10 và nhiệm vụ tháng 11', '20', 'Nguyễn Hoàng Nam, Sở Kế hoạch'],
    ['Công tác phòng, chống thiên tai và tìm kiếm cứu nạn', '15', ''],
    ['Kết luận của Chủ tịch', '10', HANH],
  ] as const) {
    await hanh.page.getByTestId('add-item').click();
    await hanh.page.getByTestId('item-title').fill(title);
    await hanh.page.getByTestId('item-minutes').fill(minutes);
    await hanh.page.getByTestId('item-speakers').fill(speakers);
    await hanh.page.getByTestId('save-item').click();
    await hanh.page.getByTestId('agenda-dialog').waitFor({ state: 'detached' });
  }
  await hanh.runs('admission');
  await hanh.page.getByTestId('procedure-panel').getByText('Khách mời', { exact: true }).click();
  await guest.opensLink();
  await guest.page.getByTestId('name').fill('Vũ Thị Lan, Báo Hà Minh');
  await guest.page.getByTestId('join').click();
  await guest.page.getByTestId('lobby').waitFor();
});

afterAll(() => meeting.close());

/** Closes the panel from which the meeting is run. */
async function closesPanel({ page }: Person): Promise<void> {
  const panel = page.getByTestId('procedure-panel');
  if (!(await panel.isVisible())) return;
  await page.getByTestId('tool-procedure').click();
  await panel.waitFor({ state: 'detached' });
}

describe.each(LOOKS)('%s, %s', (language, colorScheme) => {
  const look = `${language}-${colorScheme}`;

  beforeAll(async () => {
    for (const { page } of [hanh, anBinh, nam, guest]) await dress(page, language, colorScheme);
  });

  it('the lobby, and a rehearsal', async () => {
    await shoot(guest.page, `lobby-${look}`);
    if (!(await anBinh.page.getByTestId('rehearsal').isVisible())) return;
    await shoot(anBinh.page, `rehearsal-${look}`);
    await hanh.page.getByTestId('open-meeting').click();
    await shoot(hanh.page, `open-dialog-${look}`);
    await hanh.page.getByTestId('confirm').click();
    await anBinh.page.getByTestId('rehearsal').waitFor({ state: 'detached' });
    await hanh.runs('agenda');
    await hanh.page.getByTestId('start-item').first().click();
  });

  it('who speaks', async () => {
    await hanh.runs('floor');
    if (!(await anBinh.page.getByTestId('own-closed').isVisible())) {
      await hanh.page.getByTestId('floor-policy').getByText(/Theo lượt mời|By turn/).click();
      await hanh.page.getByTestId('save-floor-policy').click();
    }
    await shoot(anBinh.page, `closed-by-floor-${look}`);
    await anBinh.page.getByTestId('ask-floor').click();
    await nam.page.getByTestId('ask-floor').click();
    await shoot(nam.page, `place-in-queue-${look}`);
    await hanh.page.getByTestId('give-minutes').fill('3');
    await shoot(hanh.page, `panel-floor-${look}`);
    await hanh.runs('lead');
    await hanh.runs('floor');
    await hanh.page.getByTestId('give-minutes').fill('3');
    await hanh.page.locator(`[data-testid=asking][data-participant="${anBinh.id}"]`).getByTestId('give-floor').click();
    await anBinh.page.getByTestId('own-floor').waitFor();
    await shoot(anBinh.page, `own-floor-${look}`);
    await anBinh.opens('procedure');
    await shoot(anBinh.page, `panel-official-${look}`);
    await closesPanel(anBinh);
    await hanh.runs('lead');
    await shoot(hanh.page, `panel-lead-${look}`);
    await hanh.page.getByTestId('take-back').click();
    await nam.page.getByTestId('withdraw-hand').click();
    await hanh.runs('floor');
    await hanh.page.getByTestId('mute-all').click();
    await shoot(hanh.page, `mute-all-${look}`);
    await hanh.page.getByTestId('mute-all-dialog-close').click();
  });

  it('the agenda', async () => {
    await hanh.runs('agenda');
    await shoot(hanh.page, `panel-agenda-${look}`);
    await hanh.page.getByTestId('edit-agenda').click();
    await shoot(hanh.page, `panel-agenda-edit-${look}`);
    await hanh.page.getByTestId('item-edit').first().click();
    await shoot(hanh.page, `agenda-dialog-${look}`);
    await hanh.page.getByTestId('agenda-dialog-close').click();
  });

  it('the roll call', async () => {
    await hanh.runs('roll');
    await shoot(hanh.page, `panel-roll-before-${look}`);
    await hanh.page.getByTestId('open-roll-call').click();
    await anBinh.page.getByTestId('headcount').fill('12');
    await anBinh.page.getByTestId('delegates').fill('Nguyễn Văn Bình, Chủ tịch UBND xã\nTrần Thị Lan, Phó Chủ tịch');
    await shoot(anBinh.page, `roll-answer-${look}`);
    await anBinh.page.getByTestId('report-presence').click();
    await hanh.page.getByTestId('roll-call-answer-later').click();
    await shoot(hanh.page, `panel-roll-open-${look}`);
    await hanh.page.getByTestId('close-roll-call').click();
    await hanh.page.getByTestId('roll-result').waitFor();
    await shoot(hanh.page, `panel-roll-result-${look}`);
    await hanh.page.getByTestId('check-seconds').fill('600');
    await hanh.page.getByTestId('start-check').click();
    await shoot(anBinh.page, `presence-check-${look}`);
    for (const { page } of [anBinh, nam]) await page.getByTestId('here').click();
  });

  it('votes', async () => {
    await hanh.runs('votes');
    await hanh.page.getByTestId('new-vote').click();
    await shoot(hanh.page, `vote-form-${look}`);
    await hanh.page.getByTestId('vote-question-input').fill('Thông qua kế hoạch phòng, chống thiên tai năm 2027 của tỉnh?');
    await hanh.page.getByTestId('open-vote-button').click();
    await anBinh.page.getByTestId('vote-option-0').waitFor();
    await shoot(anBinh.page, `vote-open-${look}`);
    await anBinh.page.getByTestId('vote-option-0').click();
    await nam.page.getByTestId('vote-option-1').click();
    await anBinh.page.locator('[data-testid=vote-state][data-cast=true]').waitFor();
    await shoot(anBinh.page, `vote-cast-${look}`);
    await hanh.page.getByTestId('vote-card-later').click();
    await shoot(hanh.page, `panel-vote-open-${look}`);
    await hanh.page.getByTestId('close-vote').click();
    await anBinh.page.getByTestId('result-card').waitFor();
    await shoot(anBinh.page, `vote-result-${look}`);
    await shoot(hanh.page, `panel-vote-result-${look}`);
    for (const { page } of [hanh, anBinh, nam]) await page.getByTestId('result-card-close').click();
  });

  it('a secret vote', async () => {
    await hanh.page.getByTestId('new-vote').click();
    await hanh.page.getByTestId('vote-question-input').fill('Bỏ phiếu tín nhiệm');
    await hanh.page.getByTestId('vote-method').click();
    await hanh.page.getByRole('option').last().click();
    await hanh.page.getByTestId('open-vote-button').click();
    await anBinh.page.getByTestId('ballot-option-0').click();
    await shoot(anBinh.page, `secret-paper-${look}`);
    await anBinh.page.getByTestId('cast-ballot').click();
    await anBinh.page.getByTestId('ballot-accepted').waitFor();
    await shoot(anBinh.page, `secret-cast-${look}`);
    await hanh.page.getByTestId('close-vote').click();
    await anBinh.page.getByTestId('check-receipt').click();
    await anBinh.page.locator('[data-checked=counted]').waitFor();
    await shoot(anBinh.page, `secret-result-${look}`);
    for (const { page } of [hanh, anBinh, nam]) await page.getByTestId('result-card-close').click();
  });

  it('the door, the stage, what is told', async () => {
    await hanh.runs('admission');
    await shoot(hanh.page, `panel-admission-${look}`);
    await hanh.page.getByTestId('remove').click();
    await shoot(hanh.page, `remove-dialog-${look}`);
    await hanh.page.getByTestId('remove-dialog-close').click();
    await hanh.page.getByTestId('rename').click();
    await shoot(hanh.page, `rename-dialog-${look}`);
    await hanh.page.getByTestId('rename-dialog-close').click();
    await hanh.runs('stage');
    await hanh.page.getByTestId('pick-source').nth(1).click();
    await hanh.page.getByTestId('prepare').click();
    await hanh.page.getByTestId('stage-preview').waitFor();
    await shoot(hanh.page, `panel-stage-${look}`);
    await hanh.page.getByTestId('take').click();
    await hanh.runs('conduct');
    await hanh.page.getByTestId('announce-text').fill('Tài liệu nội dung 2 đã gửi vào hộp thư công vụ của các đơn vị.');
    await shoot(hanh.page, `panel-conduct-${look}`);
    await hanh.page.getByTestId('announce').click();
    await hanh.page.getByTestId('start-timer').click();
    await hanh.page.getByTestId('start-break').click();
    await hanh.page.getByTestId('recording-notice').fill('600');
    await hanh.page.getByTestId('start-recording').click();
    await anBinh.page.getByTestId('recording-consent').waitFor();
    await anBinh.page.getByTestId('pause').waitFor();
    await shoot(anBinh.page, `told-${look}`);
    await hanh.page.getByTestId('stop-recording').click();
    await hanh.page.getByTestId('end-break').click();
    await hanh.page.getByTestId('stop-timer').click();
    await hanh.page.getByTestId('withdraw-announcement').click();
    await anBinh.page.getByTestId('announcement').waitFor({ state: 'detached' });
  });
});

describe('the end', () => {
  it('removed, and over', async () => {
    for (const { page } of [hanh, anBinh, nam, guest]) await dress(page, 'vi', 'light');
    await hanh.acts('remove', nam);
    await hanh.page.getByTestId('remove-reason').fill('Nội dung tiếp theo chỉ dành cho thành viên Ủy ban.');
    await hanh.page.getByTestId('remove-confirm').click();
    await nam.page.getByTestId('removed').waitFor();
    await hanh.runs('lead');
    await hanh.page.getByTestId('end-meeting').click();
    await shoot(hanh.page, 'end-dialog-vi-light');
    await hanh.page.getByTestId('confirm').click();
    await anBinh.page.getByTestId('closing-hash').waitFor();
    for (const [language, colorScheme] of LOOKS) {
      await dress(nam.page, language, colorScheme);
      await shoot(nam.page, `removed-${language}-${colorScheme}`);
      await dress(anBinh.page, language, colorScheme);
      await shoot(anBinh.page, `over-${language}-${colorScheme}`);
    }
  });
});
