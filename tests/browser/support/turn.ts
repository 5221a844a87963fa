/** A real coturn with the configuration that is handed out, its places filled in. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { HALL } from './far';
import { ROOT } from './paths';

export const SECRET = 'bi-mat-chi-dung-trong-thu-nghiem';
/** Its ports, as in the configuration. */
export const TURN_PORT = 3478;
export const TURNS_PORT = 443;

export class Turn {
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(folder: string, process: ChildProcess) {
    this.#folder = folder;
    this.#process = process;
  }

  /** Starts it in the hall. */
  static async start(): Promise<Turn> {
    const folder = mkdtempSync(join(tmpdir(), 'diemcau-turn-'));
    const [certificate, key] = [join(folder, 'turn.pem'), join(folder, 'turn.key')];
    execFileSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', '/CN=turn', '-addext', `subjectAltName=IP:${HALL}`, '-keyout', key, '-out', certificate],
    ], { stdio: 'ignore' });
    const places: Record<string, string> = { ADDRESS: HALL, SERVER: HALL, SECRET, CERTIFICATE: certificate, KEY: key };
    const template = readFileSync(`${ROOT}deploy/coturn/turnserver.conf`, 'utf8');
    const settings = join(folder, 'turnserver.conf');
    writeFileSync(settings, template.replaceAll(/^(?!#)(.*)@(\w+)@/gm, (_, before: string, name: string) => `${before}${places[name] ?? ''}`), { mode: 0o600 });
    const turn = spawn('turnserver', ['-c', settings, '--log-file=stdout', `--pidfile=${join(folder, 'pid')}`, `--userdb=${join(folder, 'db')}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const told: string[] = [];
    // It goes on being read, lest coturn writes into a full pipe.
    createInterface(turn.stdout).on('line', (line) => { told.push(line); });
    for (const port of [TURN_PORT, TURNS_PORT]) {
      while (!(await isOpen(port))) {
        if (turn.exitCode !== null) throw new Error(`coturn ended:\n${told.join('\n')}`);
        await setTimeout(50);
      }
    }
    return new Turn(folder, turn);
  }

  async dispose(): Promise<void> {
    if (this.#process.exitCode === null) {
      const ended = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Whether somebody listens there. */
function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HALL);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => { resolve(false); });
  });
}
