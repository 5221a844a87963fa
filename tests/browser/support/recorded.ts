/** A short conference that is really held and recorded, for those who look at its archive afterwards. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AN_BINH, HA_LAM, HANH, KHANH, Meeting } from './meeting';
import { PATIENCE, type Person, type PersonOptions } from './people';

const PROVINCE = 'UBND tỉnh Hà Minh';

export const TITLE = 'Giao ban công tác phòng, chống thiên tai tháng 11';
export const ITEMS = ['Tình hình mưa lũ và công tác ứng phó', 'Phân công nhiệm vụ tháng 12'] as const;

export interface Held {
  readonly meeting: Meeting;
  /** Its identifier. */
  readonly id: string;
  /** The secret parts of the invitations of chair and secretary. */
  readonly chair: string;
  readonly secretary: string;
}

/** How each of them looks, for pictures of the pages. */
type Looks = Readonly<Partial<Record<string, PersonOptions>>>;

/** Chair, secretary and two sites: roll call, agenda, a paused recording, a floor, a vote, a note; then it is over, and its archive is there. */
export async function held(name: string, looks: Looks = {}): Promise<Held> {
  const meeting = await Meeting.convene(name, {
    title: TITLE,
    host_unit: PROVINCE,
    invitees: [
      { name: HANH, role: 'chair', kind: 'person', unit: PROVINCE },
      { name: KHANH, role: 'secretary', kind: 'person', unit: PROVINCE },
      { name: AN_BINH, role: 'operator', kind: 'site', unit: 'Huyện Sông Hà' },
      { name: HA_LAM, role: 'operator', kind: 'site', unit: 'Huyện Lâm Thượng' },
    ],
  });
  const hanh = await meeting.joined(HANH, looks[HANH]);
  const khanh = await meeting.joined(KHANH, looks[KHANH], { microphone: false });
  const anBinh = await meeting.joined(AN_BINH, looks[AN_BINH]);
  const haLam = await meeting.joined(HA_LAM, looks[HA_LAM], { microphone: false });
  await isRecorded(hanh, [khanh, anBinh, haLam]);
  await rollIsCalled(khanh, hanh, anBinh);
  await agendaIsSet(khanh);
  await hanh.runs('lead');
  await hanh.page.getByTestId('next-item').click();
  await hanh.acts('stage_camera', anBinh);
  await isOnStage(hanh, anBinh);
  await hanh.acts('give_floor', anBinh);
  await noteIsTaken(khanh);
  await hanh.runs('lead');
  await hanh.page.getByTestId('next-item').click();
  await hanh.acts('stage_camera', haLam);
  await haLam.presses('microphone');
  await isOnStage(hanh, haLam);
  await voteIsHeld(khanh, [hanh, anBinh, haLam]);
  await hanh.writes('Đề nghị các xã gửi báo cáo trước ngày 5.');
  await hanh.runs('lead');
  await hanh.page.getByTestId('end-meeting').click();
  await hanh.page.getByTestId('end-dialog').getByTestId('confirm').click();
  await khanh.page.getByTestId('closing-hash').waitFor();
  const tokenOf = (who: string) => meeting.linkOf(who).path.split('#')[1] ?? '';
  const [, , id = ''] = (meeting.linkOf(HANH).path.split('#')[0] ?? '').split('/');
  return { meeting, id, chair: tokenOf(HANH), secretary: tokenOf(KHANH) };
}

/** Until the archive lies on the server's disk. */
export async function archived({ meeting, id }: Held): Promise<void> {
  const folder = join(meeting.server.dataDir, 'recordings', id);
  const isThere = () => {
    const names = readdirSync(folder);
    return names.includes('archive') && !names.includes('journal');
  };
  const patience = Date.now() + PATIENCE;
  while (!isThere()) {
    if (Date.now() > patience) throw new Error(`no archive in ${folder}: ${readdirSync(folder).join(', ')}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Until its picture is the one that is shown. */
async function isOnStage({ page }: Person, { id }: Person): Promise<void> {
  await page.locator(`[data-testid=stage][data-participant="${id}"]`).waitFor();
}

async function isRecorded(chair: Person, others: readonly Person[]): Promise<void> {
  await chair.runs('conduct');
  await chair.page.getByTestId('recording-notice').fill('10');
  await chair.page.getByTestId('start-recording').click();
  for (const { page } of [chair, ...others]) await page.getByTestId('consent-recording').click();
  for (const { page } of others) await page.getByTestId('recording-sign').filter({ hasText: 'Đang ghi hình từ' }).waitFor();
}

/** The other site says nothing. */
async function rollIsCalled(secretary: Person, chair: Person, site: Person): Promise<void> {
  await secretary.runs('roll');
  await secretary.page.getByTestId('open-roll-call').click();
  await site.page.getByTestId('roll-call-answer').getByTestId('headcount').fill('12');
  for (const { page } of [site, chair, secretary]) await page.getByTestId('report-presence').click();
  await secretary.page.locator('[data-testid=roll-progress][data-answered="3"]').waitFor();
  await secretary.page.getByTestId('close-roll-call').click();
  await secretary.page.getByTestId('roll-result').waitFor();
}

async function agendaIsSet(secretary: Person): Promise<void> {
  await secretary.runs('agenda');
  for (const title of ITEMS) {
    await secretary.page.getByTestId('add-item').click();
    await secretary.page.getByTestId('item-title').fill(title);
    await secretary.page.getByTestId('save-item').click();
    await secretary.page.getByTestId('agenda-dialog').waitFor({ state: 'detached' });
  }
}

async function noteIsTaken(secretary: Person): Promise<void> {
  await secretary.runs('conduct');
  await secretary.page.getByTestId('announce-text').fill('Tài liệu đã gửi vào hộp thư công vụ.');
  await secretary.page.getByTestId('announce').click();
}

async function voteIsHeld(secretary: Person, voters: readonly Person[]): Promise<void> {
  await secretary.runs('votes');
  await secretary.page.getByTestId('new-vote').click();
  await secretary.page.getByTestId('vote-question-input').fill('Thông qua phân công nhiệm vụ tháng 12?');
  await secretary.page.getByTestId('open-vote-button').click();
  for (const { page } of voters) await page.getByTestId('vote-option-0').click();
  await secretary.page.locator(`[data-testid=votes-given][data-given="${voters.length}"]`).waitFor();
  await secretary.page.getByTestId('close-vote').click();
  for (const { page } of [secretary, ...voters]) await page.getByTestId('result-card-close').click();
}
