/** An office that has the server's key: it makes units, people and accounts. */
import { createHmac } from 'node:crypto';
import type { GuestInvitation, MeetingsPlanned, PairedDevices, PasswordLink, RoleGrant } from '../../../web-client/src/core/protocol';
import type { Server } from './server';

export class Office {
  readonly #server: Server;
  readonly #token: string;

  constructor(server: Server) {
    this.#server = server;
    this.#token = server.adminPath().split('#')[1] ?? '';
  }

  /** A province with one commune, where people work and a hall stands. */
  async opens(): Promise<void> {
    await this.#post('units', { id: 'tinh', tier: 'province', name: 'UBND tỉnh Minh Họa' });
    await this.#post('units', { id: 'an-binh', parent: 'tinh', tier: 'commune', name: 'Xã An Bình' });
    await this.#post('people', { id: 'mai', unit: 'tinh', name: 'Lê Thị Mai', position: 'Chánh Văn phòng' });
    await this.#post('sites', { id: 'hoi-truong', unit: 'an-binh', name: 'Hội trường xã An Bình' });
  }

  /** A new account; gives the path of its link. */
  async account(login: string, person: string, roles: readonly RoleGrant[]): Promise<string> {
    const made = (await this.#post('accounts', { login, person, roles })) as PasswordLink;
    return made.path;
  }

  /** Plans a meeting of the commune's hall that begins in an hour and a half; gives its identifier. */
  async plans(title: string): Promise<string> {
    const starts_at = Math.ceil(Date.now() / 3_600_000) * 3_600_000 + 5_400_000;
    const planned = (await this.#post('meetings', {
      title,
      host_unit: 'tinh',
      starts_at,
      ends_at: starts_at + 3_600_000,
      invite: { entries: [{ what: 'site', id: 'hoi-truong' }] },
      policy: { lobby: 'off', rehearsal_minutes: 0 },
      organiser: 'Lê Thị Mai, Chánh Văn phòng',
      no_state_secrets: true,
    })) as MeetingsPlanned;
    return planned.meetings[0]?.id ?? '';
  }

  /** Lets a rehearsal of a planned meeting begin at once. */
  async rehearses(meeting: string): Promise<void> {
    await this.#ask('PATCH', `meetings/${meeting}`, { policy: { lobby: 'off', rehearsal_minutes: 180 }, no_state_secrets: true });
  }

  /** Makes a link for so many guests. */
  async invitesGuests(meeting: string, most_uses: number): Promise<GuestInvitation> {
    const expires_at = Date.now() + 3_600_000;
    return (await this.#post(`meetings/${meeting}/guests`, { role: 'delegate', expires_at, most_uses })) as GuestInvitation;
  }

  /** Takes a link for guests back. */
  async revokesGuests({ meeting, id }: GuestInvitation): Promise<void> {
    await this.#post(`meetings/${meeting}/guests/${id}/revoke`, {});
  }

  /** Gives the device that shows a code to the commune's hall. */
  async pairs(code: string): Promise<void> {
    await this.#post('devices', { code, site: 'hoi-truong', name: 'Máy hội trường' });
  }

  /** Takes every device from its site. */
  async revokesDevices(): Promise<void> {
    const { items } = (await this.#ask('GET', 'devices')) as PairedDevices;
    for (const { id } of items) await this.#ask('DELETE', `devices/${id}`);
  }

  #post(what: string, body: object): Promise<unknown> {
    return this.#ask('POST', what, body);
  }

  async #ask(method: string, what: string, body?: object): Promise<unknown> {
    const answer = await fetch(`http://127.0.0.1:${this.#server.ports.http}/api/v1/${what}`, {
      method,
      headers: { Authorization: `Bearer ${this.#token}`, 'Content-Type': 'application/json', 'If-Match': '*' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${what}: ${await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
  }
}

/** What an authenticator shows for a secret in Base32, so many steps of 30 s from now (RFC 6238). */
export function codeOf(secret: string, steps = 0): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = Array.from(secret, (letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const hash = createHmac('sha1', key).update(counter).digest();
  const at = (hash.at(-1) ?? 0) & 0xf;
  return String((hash.readUInt32BE(at) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}
