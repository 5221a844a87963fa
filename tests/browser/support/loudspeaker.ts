/** A loudspeaker for Firefox, which keeps its sounds standing still on a machine without one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

export class Loudspeaker {
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(folder: string, process: ChildProcess) {
    this.#folder = folder;
    this.#process = process;
  }

  /** A PulseAudio of its own, in whose loudspeaker nobody hears anything. */
  static async plugIn(): Promise<Loudspeaker> {
    const folder = mkdtempSync(join(tmpdir(), 'diemcau-sound-'));
    const socket = join(folder, 'sound');
    const daemon = spawn(
      'pulseaudio',
      [
        ...['-n', '--daemonize=no', '--exit-idle-time=-1', '--disallow-exit', '--use-pid-file=no'],
        ...['--load=module-null-sink', `--load=module-native-protocol-unix auth-anonymous=1 socket=${socket}`],
      ],
      { env: { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder }, stdio: 'ignore' },
    );
    const gone = new AbortController();
    daemon.on('error', () => { gone.abort(); });
    daemon.on('exit', () => { gone.abort(); });
    while (!existsSync(socket)) {
      if (gone.signal.aborted) throw new Error('pulseaudio did not start: run deploy/setup.sh --tests');
      await setTimeout(50);
    }
    return new Loudspeaker(folder, daemon);
  }

  /** The environment of a program that plays through it. */
  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, PULSE_SERVER: `unix:${join(this.#folder, 'sound')}` };
  }

  async unplug(): Promise<void> {
    if (this.#process.exitCode === null) {
      const ended = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
