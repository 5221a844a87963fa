/** Who may come in, and with what. */
import { createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { HANH, Meeting, NAM, TRANG } from '../support/meeting';

let meeting: Meeting;

beforeAll(async () => {
  meeting = await Meeting.open('door');
});

afterEach(() => meeting.empty());
afterAll(() => meeting.close());

/** The same invitation, signed by the server's own key, but over since yesterday. */
function expired(path: string): string {
  const [head = '', body = ''] = (path.split('#')[1] ?? '').split('.');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
  claims['exp'] = Math.floor(Date.now() / 1_000) - 86_400;
  const signed = `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  const pem = readFileSync(join(meeting.server.dataDir, 'keys/token.pem'), 'utf8');
  // The file holds the public key, too (RFC 5958), which node:crypto does not read: only the seed is taken.
  const der = Buffer.from(pem.replaceAll(/-----.*-----/g, ''), 'base64');
  const head25519 = Buffer.from('302e020100300506032b657004220420', 'hex');
  const start = der.indexOf(Buffer.from('04220420', 'hex')) + 4;
  const key = createPrivateKey({ key: Buffer.concat([head25519, der.subarray(start, start + 32)]), format: 'der', type: 'pkcs8' });
  return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`;
}

it.each([
  ['without its code', () => '', 'thiếu phần mã'],
  ['with a code that was made up', () => '#khong-phai-ma-moi', 'Đường dẫn mời không hợp lệ'],
  ['that has expired', () => `#${expired(meeting.linkOf(NAM).path)}`, 'Đường dẫn mời đã hết hạn'],
])('a link %s ends at a page that says so', async (_what, fragment, words) => {
  const nam = await meeting.person(NAM);
  await nam.page.goto(`${meeting.server.origin}/m/trinh-dien${fragment()}`);
  const refused = nam.page.getByTestId('refused');
  await refused.getByText(words).waitFor();
  expect(await refused.getByRole('heading').textContent()).toBe('Không vào họp được');
});

it.each([
  ['forbids microphone and camera', 'denied'],
  ['has neither microphone nor camera', 'missing'],
] as const)('the browser of Nam %s: he is told why, comes in without, and sees and hears the chair', async (_what, devices) => {
  const hanh = await meeting.joined(HANH);
  const nam = await meeting.person(NAM, { devices });
  await nam.opensLink();
  for (const device of ['microphone', 'camera']) {
    await nam.page.locator(`[data-testid=fault-${device}][data-fault=${devices}]`).waitFor();
  }
  await nam.goesIn();
  await nam.sees(hanh);
  await nam.hears(hanh);
  const row = await hanh.row(nam);
  expect(await row.getAttribute('data-microphone')).toBe('false');
  expect(await row.getAttribute('data-camera')).toBe('false');
  await nam.writes(`Tôi không có micrô (${devices})`);
  await hanh.reads(nam, `Tôi không có micrô (${devices})`);
});

it('Trang observes: she sees and hears, and has no microphone, camera, screen or hand to use', async () => {
  const hanh = await meeting.joined(HANH);
  const trang = await meeting.joined(TRANG);
  await trang.sees(hanh);
  await trang.hears(hanh);
  for (const tool of ['microphone', 'camera', 'share', 'hand']) {
    expect(await trang.page.getByTestId(`tool-${tool}`).count()).toBe(0);
  }
  await trang.opens('chat');
  expect(await trang.page.getByTestId('chat-input').count()).toBe(0);
  expect(await trang.page.evaluate(() => window.devices.microphone)).toBeNull();
});
