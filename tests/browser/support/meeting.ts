/** A meeting of the demonstration province on a server of its own. */
import type { Browser } from 'playwright-core';
import type { CreateMeeting, InviteLink, Role, VideoCodec } from '../../../web-client/src/core/protocol';
import { connectBrowser } from './browser';
import { lookOf } from './looks';
import { Person, type PersonOptions, type Wanted } from './people';
import { Server, type ServerOptions } from './server';

/** Who is invited. */
export const HANH = 'Trần Thị Minh Hạnh';
export const KHANH = 'Phạm Quốc Khánh';
export const VINH = 'Lê Quang Vinh';
export const NAM = 'Nguyễn Hoàng Nam';
export const TRANG = 'Đỗ Thu Trang';
/** Whose invitation names nobody. */
export const GUEST = 'Khách mời';
export const AN_BINH = 'Xã An Bình';
export const HA_LAM = 'Xã Hà Lâm Thượng';
export const BEN_TRUC = 'Xã Bến Trúc';
export const KHE_VANG = 'Xã Khê Vàng';

export class Meeting {
  readonly server: Server;
  readonly browser: Browser;
  readonly #links: readonly InviteLink[];
  #people: Person[] = [];
  #faults: string[] = [];

  private constructor(server: Server, browser: Browser, links: readonly InviteLink[]) {
    this.server = server;
    this.browser = browser;
    this.#links = links;
  }

  /** Starts a server; `name` is the log's. */
  static async open(name: string, options?: ServerOptions): Promise<Meeting> {
    const server = await Server.start(name, options);
    return new Meeting(server, await connectBrowser(), await server.links());
  }

  /** A meeting of one's own making. */
  static async convene(name: string, meeting: CreateMeeting): Promise<Meeting> {
    const server = await Server.start(name);
    return new Meeting(server, await connectBrowser(), await server.creates(meeting));
  }

  /** The same people on a server that other machines reach, or whose cameras use another codec. */
  static async openAt(name: string, options: ServerOptions, codec?: VideoCodec): Promise<Meeting> {
    const server = await Server.start(name, options);
    const person = (role: Role) => (who: string) => ({ name: who, role, kind: 'person' as const, unit: null });
    const links = await server.creates({
      title: 'Giao ban',
      host_unit: 'UBND tỉnh Hà Minh',
      invitees: [person('chair')(HANH), ...[NAM, TRANG, VINH, AN_BINH, HA_LAM, BEN_TRUC].map(person('delegate'))],
      ...(codec === undefined ? {} : { video_codec: codec }),
    });
    return new Meeting(server, await connectBrowser(), links);
  }

  /** The names of all sites that are invited. */
  sites(): string[] {
    return this.#links.flatMap(({ kind, name }) => (kind === 'site' && name !== null ? [name] : []));
  }

  linkOf(name: string): InviteLink {
    const link = this.#links.find((one) => (one.name ?? GUEST) === name);
    if (link === undefined) throw new Error(`${name} is not invited`);
    return link;
  }

  /** Somebody with a browser, who has not opened the link yet. */
  async person(name: string, options?: PersonOptions): Promise<Person> {
    const [browser, origin] = options?.far === undefined ? [this.browser, this.server.origin] : [options.far, this.server.farOrigin];
    const person = await Person.arrive(browser, origin, this.linkOf(name), options?.look ?? lookOf(this.#people.length), options);
    this.#people.push(person);
    return person;
  }

  /** Somebody who is in the meeting. */
  async joined(name: string, options?: PersonOptions, wanted?: Wanted): Promise<Person> {
    const person = await this.person(name, options);
    await person.join(wanted);
    return person;
  }

  /** Everybody goes home: the next story has the meeting for itself. */
  async empty(): Promise<void> {
    for (const person of this.#people) {
      this.#faults.push(...person.faults);
      const leave = person.page.getByTestId('tool-leave');
      if (await leave.isVisible()) {
        await leave.click();
        await person.page.getByTestId('left').waitFor();
      }
      await person.context.close();
    }
    this.#people = [];
  }

  /** Ends everything; tells of faults in the pages' scripts. */
  async close(): Promise<void> {
    for (const person of this.#people) {
      this.#faults.push(...person.faults);
      await person.context.close();
    }
    await this.browser.close();
    await this.server.dispose();
    if (this.#faults.length > 0) throw new Error(`faults in the pages:\n${this.#faults.join('\n')}`);
  }
}
