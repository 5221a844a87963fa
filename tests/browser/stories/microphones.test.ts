/** All microphones are closed and stay so until that is lifted; one is asked for, and one opened by consent. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AN_BINH, HANH, Meeting, NAM } from '../support/meeting';
import { isSilence, nobodyHears, PACKETS_WHILE_CLOSED, type Person } from '../support/people';

let meeting: Meeting;
let hanh: Person;
let nam: Person;
let anBinh: Person;

beforeAll(async () => {
  meeting = await Meeting.open('microphones');
  hanh = await meeting.joined(HANH);
  nam = await meeting.joined(NAM);
  anBinh = await meeting.joined(AN_BINH);
  await hanh.hears(nam);
  await hanh.hears(anBinh);
});

afterAll(() => meeting.close());

/** What stands about somebody's microphone on the chair's page. */
const entryOf = (person: Person) => hanh.page.locator(`[data-testid=microphone-entry][data-participant="${person.id}"]`);

it('the chair closes all but that of An Bình: Nam is told why, and nobody hears him', async () => {
  await hanh.runs('floor');
  await hanh.page.getByTestId('mute-all').click();
  await hanh.page.getByTestId(`check-${anBinh.id}`).click();
  await hanh.page.getByTestId('mute-all-confirm').click();
  await hanh.page.getByTestId('hold').filter({ hasText: AN_BINH }).waitFor();
  await nam.page.getByTestId('own-closed').waitFor();
  await hanh.hearsNoMore(nam);
  await hanh.hears(anBinh);
});

it('it holds: Nam presses his microphone, is refused, and stays unheard', async () => {
  await nam.presses('microphone');
  await nam.page.locator('[data-testid=notices] li[data-type=refused]').waitFor();
  await nam.page.locator('[data-testid=tool-microphone][data-state=off]').waitFor();
  expect(await nobodyHears([hanh, anBinh], nam, PACKETS_WHILE_CLOSED)).toSatisfy(isSilence);
});

it('it is lifted: the microphone stays closed until somebody opens it', async () => {
  await hanh.page.getByTestId('lift-all').click();
  await nam.page.getByTestId('own-closed').waitFor({ state: 'detached' });
  await nam.page.locator('[data-testid=tool-microphone][data-state=off]').waitFor();
});

it('the chair asks for it: Nam declines, is asked again, and opens it', async () => {
  await entryOf(nam).getByTestId('ask-microphone').click();
  await nam.page.getByTestId('decline-microphone').click();
  await nam.page.getByTestId('microphone-request').waitFor({ state: 'detached' });
  await entryOf(nam).locator('[data-testid=ask-microphone]:not([disabled])').click();
  await nam.page.getByTestId('accept-microphone').click();
  await hanh.hears(nam);
  await anBinh.hears(nam);
});

it('Nam agrees beforehand: the chair opens it without asking', async () => {
  await nam.presses('microphone');
  await hanh.hearsNoMore(nam);
  await nam.opens('procedure');
  await nam.page.getByTestId('consent-microphone').click();
  await entryOf(nam).getByTestId('open-microphone').click();
  await hanh.hears(nam);
});
