/** Somebody in a meeting on the `webrtc` crate: no browser, and not the server's stack either. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { InviteLink, SlotKind, SourceKind } from '../../../web-client/src/core/protocol';
import { film } from './film';
import type { Look } from './looks';
import type { Meeting } from './meeting';
import { SECOND_STACK } from './paths';
import type { Known } from './people';

/** What it saw so far. */
interface Report {
  readonly slots: readonly {
    readonly kind: SlotKind;
    /** Packets that are missing now, and frames that did not fit together. */
    readonly missing: number;
    readonly torn: number;
    /** Whole frames by whose they are; of a sound each packet is one. */
    readonly sources: readonly { readonly number: number; readonly kind: SourceKind; readonly frames: number }[];
  }[];
}

export class SecondStack implements Known {
  readonly id: string;
  readonly name: string;
  readonly look: Look;
  readonly #folder: string;
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;

  private constructor({ id, name, look }: Known, folder: string, process: ChildProcessByStdio<Writable, Readable, null>) {
    this.id = id;
    this.name = name;
    this.look = look;
    this.#folder = folder;
    this.#process = process;
    this.#answers = createInterface(process.stdout)[Symbol.asyncIterator]();
    // That it has ended is told by its output.
    process.stdin.on('error', () => undefined);
  }

  /** Goes in by the link of somebody who is invited. */
  static async joins({ server, browser }: Meeting, link: InviteLink, look: Look): Promise<SecondStack> {
    const folder = mkdtempSync(join(tmpdir(), 'diemcau-second-stack-'));
    const picture = join(folder, 'camera.ivf');
    writeFileSync(picture, await film(browser, server.origin, look));
    const flags = [
      `--link=${server.farOrigin}${link.path}`,
      `--ca=${join(server.dataDir, 'tls/ca.pem')}`,
      `--picture=${picture}`,
      `--tone=${look.tone}`,
    ];
    const process = spawn(SECOND_STACK, flags, { stdio: ['pipe', 'pipe', 'inherit'] });
    return new SecondStack({ id: link.participant, name: link.name ?? 'Khách mời', look }, folder, process);
  }

  /** How many whole frames came from a source so far. */
  async framesOf(number: number, kind: SourceKind): Promise<number> {
    const { slots } = await this.report();
    const sources = slots.flatMap((slot) => slot.sources).filter((source) => source.number === number && source.kind === kind);
    return sources.reduce((sum, { frames }) => sum + frames, 0);
  }

  /** What it saw so far. */
  async report(): Promise<Report> {
    this.#process.stdin.write('\n');
    const answer = await this.#answers.next();
    if (answer.done === true) throw new Error(`the client of ${this.name} ended`);
    return JSON.parse(answer.value) as Report;
  }

  /** Leaves the meeting in good order. */
  async leaves(): Promise<void> {
    if (this.#process.exitCode === null) {
      const ended = once(this.#process, 'exit');
      this.#process.stdin.end();
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
    if (this.#process.exitCode !== 0) throw new Error(`the client of ${this.name} ended with ${this.#process.exitCode ?? 'a signal'}`);
  }
}
