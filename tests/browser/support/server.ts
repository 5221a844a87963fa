/** A real `diemcau serve`, as a demonstration or at an address of its own: free ports, its own data folder, ended by its process. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { CreateMeeting, DemoPage, InviteLink, MeetingCreated } from '../../../web-client/src/core/protocol';
import { DIEMCAU, LOGS } from './paths';

export interface Ports {
  readonly https: number;
  readonly http: number;
  readonly media: number;
}

/** Another program may take a free port before the server does. */
const ATTEMPTS = 5;

export interface ServerOptions {
  /** Where other machines reach it; without one it is a demonstration on this machine only. */
  readonly address?: string;
  /** What stands in its settings file; it may name the ports. */
  readonly settings?: string | ((ports: Ports) => string);
}

export class Server {
  readonly dataDir: string;
  readonly ports: Ports;
  readonly #name: string;
  readonly #options: ServerOptions;
  #process: ChildProcess;

  private constructor(name: string, options: ServerOptions, dataDir: string, ports: Ports, process: ChildProcess) {
    this.#name = name;
    this.#options = options;
    this.dataDir = dataDir;
    this.ports = ports;
    this.#process = process;
  }

  /** Starts on a fresh data folder; `name` is the log's. */
  static async start(name: string, options: ServerOptions = {}): Promise<Server> {
    const dataDir = mkdtempSync(join(tmpdir(), 'diemcau-browser-'));
    mkdirSync(LOGS, { recursive: true });
    rmSync(logOf(name), { force: true });
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const ports = await freePorts();
      const process = await launch(name, options, dataDir, ports);
      if (process !== null) return new Server(name, options, dataDir, ports, process);
    }
    throw new Error(`the server did not start; see ${logOf(name)}`);
  }

  get origin(): string {
    return `http://localhost:${this.ports.http}`;
  }

  /** Its pages for other machines. */
  get farOrigin(): string {
    return `https://${this.#options.address ?? 'localhost'}:${this.ports.https}`;
  }

  /** The ready links of the demonstration meeting. */
  async links(): Promise<readonly InviteLink[]> {
    const answer = await fetch(`http://127.0.0.1:${this.ports.http}/api/v1/demo`);
    return ((await answer.json()) as DemoPage).links;
  }

  /** Makes a meeting, and gives the links of everybody invited. */
  async creates(meeting: CreateMeeting): Promise<readonly InviteLink[]> {
    const [, token = ''] = this.adminPath().split('#');
    const answer = await fetch(`http://127.0.0.1:${this.ports.http}/api/v1/meetings`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(meeting),
    });
    if (!answer.ok) throw new Error(`the meeting was not made: ${await answer.text()}`);
    return ((await answer.json()) as MeetingCreated).links;
  }

  /** Path and fragment of the administrator's page. */
  adminPath(): string {
    const printed = execFileSync(DIEMCAU, ['admin', 'token', '--data-dir', this.dataDir], { env: bareEnvironment(), encoding: 'utf8' });
    const [address = ''] = printed.split('\n');
    return address.slice(address.indexOf('/admin'));
  }

  /** Ends it without any farewell, as a crash does. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Asks it to stop, and waits until it has. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Starts it again on the same data folder and the same ports. */
  async startAgain(): Promise<void> {
    const process = await launch(this.#name, this.#options, this.dataDir, this.ports);
    if (process === null) throw new Error(`the server did not start again; see ${logOf(this.#name)}`);
    this.#process = process;
  }

  /** Ends it for good. */
  async dispose(): Promise<void> {
    await this.#end('SIGKILL');
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill(signal);
    await ended;
  }
}

function logOf(name: string): string {
  return join(LOGS, `${name}.log`);
}

/** Ready, or null when it ended instead. */
async function launch(name: string, { address, settings = '' }: ServerOptions, dataDir: string, ports: Ports): Promise<ChildProcess | null> {
  const config = join(dataDir, 'diemcau.toml');
  writeFileSync(config, typeof settings === 'string' ? settings : settings(ports), { mode: 0o600 });
  const flags = [
    ...(address === undefined ? ['--demo'] : []),
    `--config=${config}`,
    `--data-dir=${dataDir}`,
    `--listen=${address ?? '127.0.0.1'}:${ports.https}`,
    `--dev-http=127.0.0.1:${ports.http}`,
    `--media-port=${ports.media}`,
    `--public-ip=${address ?? '127.0.0.1'}`,
  ];
  const process = spawn(DIEMCAU, ['serve', ...flags], { env: bareEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
  process.stderr.pipe(createWriteStream(logOf(name), { flags: 'a' }));
  const ready = new Promise<boolean>((resolve) => {
    // It goes on being read, lest the server writes into a full pipe.
    const lines = createInterface(process.stdout);
    lines.on('line', (line) => {
      if (line === 'Ready.') resolve(true);
    });
    lines.on('close', () => { resolve(false); });
    process.on('error', () => { resolve(false); });
  });
  return (await ready) ? process : null;
}

/** Without the settings of the surroundings. */
function bareEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('DIEMCAU')));
}

async function freePorts(): Promise<Ports> {
  const servers = [createServer(), createServer()] as const;
  const socket = createSocket('udp4');
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const [https, http] = [portOf(servers[0].address()), portOf(servers[1].address())];
  const media = socket.address().port;
  await Promise.all([...servers, socket].map((one) => new Promise<void>((resolve) => one.close(() => { resolve(); }))));
  return { https, http, media };
}

function portOf(address: ReturnType<ReturnType<typeof createServer>['address']>): number {
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
