/** People in a meeting: each has a browser context, a page, a colour and a tone of their own. */
import { type Browser, type BrowserContext, errors, type Locator, type Page } from 'playwright-core';
import type { InviteLink, Participant, Role, ServerMessage } from '../../../web-client/src/core/protocol';
import { type DevicesOptions, installDevices } from './devices';
import { type Look, PALETTE, shade } from './looks';
import { installPortrait, type Portrait } from './portraits';
import { installSenses, type Received } from './senses';

export interface PersonOptions {
  readonly devices?: DevicesOptions['kind'];
  /** In place of one that nobody else has. */
  readonly look?: Look;
  /** Pictures a second of the camera. */
  readonly rate?: number;
  /** The size of the camera's picture. */
  readonly capture?: string;
  /** A browser at the far end of the line. */
  readonly far?: Browser;
  /** Instead of a colour and a tone: a room with people in it, for pictures of the pages. */
  readonly portrait?: Portrait;
  /** Lets the test bring scripts into the page that its content policy forbids. */
  readonly bypassCSP?: boolean;
  readonly viewport?: { readonly width: number; readonly height: number };
}

/** Somebody whom others can tell apart. */
export type Known = Pick<Person, 'id' | 'name' | 'look'>;

export interface Wanted {
  readonly microphone?: boolean;
  readonly camera?: boolean;
}

/** Five people share two cores. */
const SMALL = '320x180';
/** Long enough for two busy cores; nothing is expected to take so long. */
export const PATIENCE = 30_000;
/** So often a picture must have moved. */
export const MOVES = 5;
/** So many packets must have come from somebody who is not to be heard: two seconds of sound. */
export const PACKETS_OF_SILENCE = 100;
/** As many from a microphone that is closed: four seconds, as silence takes few packets. */
export const PACKETS_WHILE_CLOSED = 10;
/** A tone is at -22 decibels. Below this nothing is heard of it but what the receiver's concealment makes up. */
const SILENCE = -60;
/** When a tone has died away. */
const DIED_AWAY = -80;

export class Person {
  readonly name: string;
  /** The participant's place in the meeting. */
  readonly id: string;
  readonly role: Role;
  readonly look: Look;
  readonly context: BrowserContext;
  /** What went wrong in the page's scripts. */
  readonly faults: string[] = [];
  /** The codes with which the server took its leave. */
  readonly farewells: string[] = [];
  page: Page;
  readonly #url: string;
  #looks = 0;

  private constructor(name: string, link: InviteLink, origin: string, look: Look, capture: string, context: BrowserContext, page: Page) {
    this.name = name;
    this.id = link.participant;
    this.role = link.role;
    this.look = look;
    this.context = context;
    this.page = page;
    const [path = '', token = ''] = link.path.split('#');
    this.#url = `${origin}${path}?capture=${capture}#${token}`;
    this.#watch(page);
  }

  /** A person with a browser who has not opened the link yet. */
  static async arrive(
    browser: Browser,
    origin: string,
    link: InviteLink,
    look: Look,
    { devices = 'steady', rate = 12, viewport = { width: 960, height: 600 }, bypassCSP = false, portrait, far, capture = SMALL }: PersonOptions = {},
  ): Promise<Person> {
    const context = await browser.newContext({ viewport, bypassCSP, locale: 'vi-VN', ignoreHTTPSErrors: far !== undefined });
    context.setDefaultTimeout(PATIENCE);
    if (portrait === undefined) await context.addInitScript(installDevices, { ...look, rate, kind: devices });
    else await context.addInitScript(installPortrait, portrait);
    await context.addInitScript(installSenses, PALETTE);
    return new Person(link.name ?? 'Khách mời', link, origin, look, capture, context, await context.newPage());
  }

  // Coming and going

  /** Opens the link: the page on which one gets ready. */
  async opensLink(): Promise<void> {
    await this.page.goto(this.#url);
    await this.page.getByTestId('join').waitFor();
  }

  /** Opens the link and goes in. */
  async join({ microphone = true, camera = true }: Wanted = {}): Promise<void> {
    await this.opensLink();
    if (this.role === 'observer') return this.goesIn();
    if (!microphone) await this.page.getByTestId('start-microphone').click();
    if (!camera) await this.page.getByTestId('start-camera').click();
    await this.goesIn();
  }

  /** From the page on which one gets ready into the meeting. */
  async goesIn(): Promise<void> {
    await this.page.getByTestId('join').click();
    await this.isIn();
  }

  /** Until this person is in the meeting, with sound and picture. */
  async isIn(): Promise<void> {
    await this.until('is in the meeting', () => window.diemcau?.connection === 'live' && window.diemcau.media === 'connected');
  }

  /** The same link in a second tab of the same browser; the first one stays open. */
  async opensSecondTab(): Promise<Page> {
    const first = this.page;
    this.page = await this.context.newPage();
    this.#watch(this.page);
    await this.opensLink();
    return first;
  }

  /** Presses a tool of the toolbar. */
  async presses(tool: 'microphone' | 'camera' | 'share' | 'hand' | 'chat' | 'documents' | 'procedure' | 'participants' | 'settings' | 'leave'): Promise<void> {
    await this.page.getByTestId(`tool-${tool}`).click();
  }

  // Seeing and hearing

  /** Until the camera of `other` is seen under their name, in their colour, and moves. */
  async sees(other: Known): Promise<void> {
    await this.#seesMoving(other, 'camera', other.look.camera);
  }

  /** Until the screen of `other` is seen and moves. */
  async seesScreenOf(other: Person): Promise<void> {
    await this.#seesMoving(other, 'screen', other.look.screen);
  }

  /** Until the tone of `other` is heard. */
  async hears(other: Known): Promise<void> {
    await this.hearsTone(other.look.tone, `hears ${other.name}`);
  }

  /** Until a tone is heard. */
  async hearsTone(tone: number, what = `hears ${tone} Hz`): Promise<void> {
    await this.until(what, (frequency) => window.senses.hears(frequency), tone);
  }

  /** What comes from `other` now. */
  receivedFrom(other: Known): Promise<Received> {
    return this.page.evaluate((id) => window.senses.received(id), other.id);
  }

  /** Until the tone of `other` has died away. */
  async hearsNoMore(other: Person): Promise<void> {
    await this.until(
      `hears ${other.name} no more`,
      ([tone, silence]) => window.senses.level(tone) < silence,
      [other.look.tone, DIED_AWAY] as const,
    );
  }

  /** Until this browser has sent so many more packets of sound. */
  async sends(packets: number): Promise<void> {
    await this.page.evaluate(async (wanted) => {
      const sent = async (): Promise<number> => {
        let sum = 0;
        (await window.diemcau?.pc?.getStats())?.forEach((entry: Record<string, unknown>) => {
          if (entry['type'] === 'outbound-rtp' && entry['kind'] === 'audio') sum += Number(entry['packetsSent']);
        });
        return sum;
      };
      const goal = (await sent()) + wanted;
      while ((await sent()) < goal) await new Promise(requestAnimationFrame);
    }, packets);
  }

  /** How loud the sound is that this browser sends, from 0 to 1. */
  loudnessSent(): Promise<number> {
    return this.page.evaluate(async () => {
      let level = 0;
      (await window.diemcau?.pc?.getStats())?.forEach((entry: Record<string, unknown>) => {
        if (entry['type'] === 'media-source' && entry['kind'] === 'audio') level = Math.max(level, Number(entry['audioLevel'] ?? 0));
      });
      return level;
    });
  }

  /** Who is here, as this person's client knows it. */
  participants(): Promise<readonly Participant[]> {
    return this.page.evaluate(() => window.diemcau?.participants() ?? []);
  }

  negotiations(): Promise<number> {
    return this.page.evaluate(() => window.diemcau?.negotiations ?? 0);
  }

  // Doing

  /** Writes to everyone. */
  async writes(text: string): Promise<void> {
    await this.opens('chat');
    await this.page.getByTestId('chat-input').fill(text);
    await this.page.getByTestId('chat-send').click();
  }

  /** Until a message of `other` is read. */
  async reads(other: Person, text: string): Promise<void> {
    await this.opens('chat');
    await this.page.locator(`[data-testid=chat-message][data-participant="${other.id}"]`, { hasText: text }).waitFor();
  }

  /** Does something about `other`, in the list of participants. */
  async acts(action: 'mute' | 'unmute' | 'lower_hand' | 'stage_camera' | 'stage_screen' | 'give_floor' | 'rename' | 'remove', other: Known): Promise<void> {
    await this.row(other).then((row) => row.getByTestId('participant-actions').click());
    await this.page.getByTestId(`action-${action}`).click();
  }

  /** The line of `other` in the list of participants, which is opened. */
  async row(other: Known): Promise<Locator> {
    await this.opens('participants');
    return this.page.locator(`[data-testid=participant][data-participant="${other.id}"]`);
  }

  /** Opens a panel, unless it is open. */
  async opens(panel: 'chat' | 'participants' | 'procedure'): Promise<void> {
    const place = this.page.getByTestId(`${panel}-panel`);
    if (!(await place.isVisible())) await this.presses(panel);
    await place.waitFor();
  }

  /** Opens a page of the panel from which the meeting is run. */
  async runs(tab: 'lead' | 'floor' | 'agenda' | 'votes' | 'roll' | 'admission' | 'stage' | 'conduct' | 'notes' | 'groups' | 'interpretation'): Promise<void> {
    await this.opens('procedure');
    await this.page.getByTestId(`tab-${tab}`).click();
    await this.page.locator(`[data-testid=tab-${tab}][data-selected]`).waitFor();
  }

  /** Until the banner says this. */
  async isTold(state: 'none' | 'reconnecting' | 'media' | 'muted'): Promise<void> {
    await this.page.locator(`[data-testid=banner][data-state=${state}]`).waitFor({ state: 'attached' });
  }

  /** Until a condition holds in the page. It cannot be a promise: that would always count as true. */
  async until<Arg>(what: string, condition: (arg: Arg) => boolean, arg?: Arg, page: Page = this.page): Promise<void> {
    try {
      await page.waitForFunction(condition as (arg: unknown) => unknown, arg, { polling: 60, timeout: PATIENCE });
    } catch (error) {
      if (!(error instanceof errors.TimeoutError)) throw error;
      const report = await page.evaluate(() => window.senses.report());
      throw new Error(`${this.name} waited in vain until: ${what}\n${report}`, { cause: error });
    }
  }

  async #seesMoving(other: Known, kind: 'camera' | 'screen', colour: Look['camera']): Promise<void> {
    this.#looks += 1;
    await this.until(
      `sees the ${kind} of ${other.name} (${other.id}, shade ${shade(colour)}) move`,
      ([key, id, which, wanted, moves]) => window.senses.moves(key, id, which, wanted) >= moves,
      [`look ${this.#looks}`, other.id, kind, shade(colour), MOVES] as const,
    );
  }

  #watch(page: Page): void {
    page.on('pageerror', (error) => {
      this.faults.push(`${this.name}: ${error.stack ?? error.message}`);
    });
    page.on('websocket', (socket) => {
      socket.on('framereceived', ({ payload }) => {
        const { type, code } = JSON.parse(payload.toString()) as Partial<ServerMessage & { code: string }>;
        if (type === 'bye' && code !== undefined) this.farewells.push(code);
      });
    });
  }
}

/** Nobody of `receivers` hears `other`, while the browser of `other` sends sound all the time. */
export async function nobodyHears(receivers: readonly Person[], other: Person, packets = PACKETS_OF_SILENCE): Promise<number> {
  for (const receiver of receivers) {
    await receiver.page.evaluate((tone) => { window.senses.listen(tone); }, other.look.tone);
  }
  await other.sends(packets);
  const loudest = await Promise.all(receivers.map((receiver) => receiver.page.evaluate(() => window.senses.loudest())));
  return Math.max(...loudest);
}

/** Whether a level in decibels is silence. */
export function isSilence(level: number): boolean {
  return level < SILENCE;
}
