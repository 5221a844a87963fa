/** Somebody with a Firefox, which Playwright cannot drive. */
import type { Browser, Page } from 'puppeteer-core';
import { launch } from 'puppeteer-core';
import type { InviteLink } from '../../../web-client/src/core/protocol';
import { findProgram } from './chromium';
import { installDevices } from './devices';
import type { Loudspeaker } from './loudspeaker';
import { type Look, PALETTE, shade } from './looks';
import { type Known, MOVES, PATIENCE } from './people';
import { installSenses, type Received } from './senses';

export function firefox(loudspeaker: Loudspeaker): Promise<Browser> {
  return launch({
    env: loudspeaker.environment,
    browser: 'firefox',
    executablePath: findProgram([process.env['FIREFOX'] ?? '', 'firefox-esr', 'firefox'], 'FIREFOX'),
    headless: true,
    extraPrefsFirefox: {
      'media.autoplay.default': 0,
      'media.autoplay.blocking_policy': 0,
      // As with a microphone that the user allowed: all of the machine's addresses.
      'media.peerconnection.ice.default_address_only': false,
    },
  });
}

export class FirefoxPerson implements Known {
  readonly id: string;
  readonly name: string;
  readonly look: Look;
  readonly page: Page;
  #looks = 0;

  private constructor(link: InviteLink, look: Look, page: Page) {
    this.id = link.participant;
    this.name = link.name ?? 'Khách mời';
    this.look = look;
    this.page = page;
  }

  /** Opens the link and goes in, with a camera of this size. */
  static async joins(browser: Browser, origin: string, link: InviteLink, look: Look, capture: string): Promise<FirefoxPerson> {
    const page = await browser.newPage();
    await page.evaluateOnNewDocument(installDevices, { ...look, rate: 12, kind: 'steady' as const });
    await page.evaluateOnNewDocument(installSenses, PALETTE);
    const person = new FirefoxPerson(link, look, page);
    const [path = '', token = ''] = link.path.split('#');
    await page.goto(`${origin}${path}?capture=${capture}#${token}`);
    const join = await page.waitForSelector('[data-testid=join]', { timeout: PATIENCE });
    await join?.click();
    await person.until('is in the meeting', () => window.diemcau?.connection === 'live' && window.diemcau.media === 'connected');
    return person;
  }

  /** Until the camera of `other` is seen under their name, in their colour, and moves. */
  async sees(other: Known): Promise<void> {
    this.#looks += 1;
    await this.until(
      `sees ${other.name} move`,
      (key, id, wanted, moves) => window.senses.moves(key, id, 'camera', wanted) >= moves,
      `look ${this.#looks}`,
      other.id,
      shade(other.look.camera),
      MOVES,
    );
  }

  /** Until the tone of `other` is heard. */
  async hears(other: Known): Promise<void> {
    await this.until(`hears ${other.name}`, (tone) => window.senses.hears(tone), other.look.tone);
  }

  /** What comes from `other` now. */
  receivedFrom(other: Known): Promise<Received> {
    return this.page.evaluate((id) => window.senses.received(id), other.id);
  }

  async until<Args extends (string | number)[]>(what: string, condition: (...args: Args) => boolean, ...args: Args): Promise<void> {
    try {
      await this.page.waitForFunction(condition as (...args: unknown[]) => boolean, { polling: 60, timeout: PATIENCE }, ...args);
    } catch (error) {
      const report = await this.page.evaluate(() => window.senses.report());
      throw new Error(`${this.name} waited in vain until: ${what}\n${report}`, { cause: error });
    }
  }
}
