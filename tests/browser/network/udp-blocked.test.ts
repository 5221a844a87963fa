/** A firewall that lets no UDP through: the commune takes part all the same, by TCP to the server or by coturn. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { farBrowser, HALL, isGoodAgain, letsOutOnly } from '../support/far';
import { AN_BINH, HANH, Meeting } from '../support/meeting';
import type { Person } from '../support/people';
import type { Ports } from '../support/server';
import { SECRET, Turn, TURN_PORT, TURNS_PORT } from '../support/turn';

const SETTINGS = `
# One port for all.
media_workers = 1

[turn]
urls = [
  "turn:${HALL}:${TURN_PORT}?transport=udp",
  "turn:${HALL}:${TURN_PORT}?transport=tcp",
  "turns:${HALL}:${TURNS_PORT}?transport=tcp",
]
secret = "${SECRET}"
`;

let turn: Turn;
let meeting: Meeting;
let far: Browser;
let hanh: Person;

beforeAll(async () => {
  turn = await Turn.start();
  meeting = await Meeting.openAt('udp-blocked', { address: HALL, settings: SETTINGS });
  // coturn's certificate is its own; pages are told apart by their context.
  far = await farBrowser(['--ignore-certificate-errors']);
  hanh = await meeting.joined(HANH);
});

afterEach(() => { isGoodAgain(); });

afterAll(async () => {
  await far.close();
  await meeting.close();
  await turn.dispose();
});

/** How the pair of addresses that carries everything reaches the server: the kind of our own one, and its protocol. */
function wayOf(person: Person): Promise<string> {
  return person.page.evaluate(async () => {
    const entries = new Map<string, Record<string, unknown>>();
    (await window.diemcau?.pc?.getStats())?.forEach((entry: Record<string, unknown>) => entries.set(String(entry['id']), entry));
    const transport = [...entries.values()].find((entry) => entry['type'] === 'transport');
    const pair = entries.get(String(transport?.['selectedCandidatePairId']));
    const local = entries.get(String(pair?.['localCandidateId']));
    return `${String(local?.['candidateType'])} ${String(local?.['relayProtocol'] ?? local?.['protocol'])}`;
  });
}

it.each([
  // The own port is known only once TCP has connected: before, the candidate is a host's, then peer reflexive.
  ['TCP to the media port', ({ media }: Ports) => media, /^(host|prflx) tcp$/],
  ['TCP to coturn', () => TURN_PORT, /^relay tcp$/],
  ['TLS on port 443', () => TURNS_PORT, /^relay tls$/],
] as const)('only %s goes out: both see and hear each other', async (_, portOf, way) => {
  const { ports } = meeting.server;
  letsOutOnly([ports.https, portOf(ports)]);
  const anBinh = await meeting.joined(AN_BINH, { far });
  expect(await wayOf(anBinh)).toMatch(way);
  await anBinh.sees(hanh);
  await anBinh.hears(hanh);
  await hanh.sees(anBinh);
  await hanh.hears(anBinh);
  await anBinh.presses('leave');
  await anBinh.page.getByTestId('left').waitFor();
  await anBinh.context.close();
});
