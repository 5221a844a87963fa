/** The far end of the line that `namespace.sh` lays, and how bad the line is. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { CHROMIUM_ARGS, findChromium } from './chromium';

/** The server's address, as the far end and Firefox reach it. */
export const HALL = '10.77.0.1';

/** A Chromium at the far end. */
export function farBrowser(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: fileURLToPath(new URL('far.sh', import.meta.url)),
    env: { ...process.env, FAR_PROGRAM: findChromium() },
    args: [...CHROMIUM_ARGS, ...args],
  });
}

/** Every datagram is lost with this probability, both ways. */
export function losesDatagrams(probability: number): void {
  for (const chain of ['INPUT', 'OUTPUT']) {
    firewall('-A', chain, '-p', 'udp', '-m', 'statistic', '--mode', 'random', '--probability', String(probability), '-j', 'DROP');
  }
}

/** So many bits a second go through, both ways; packets wait up to 0.4 s. */
export function carriesOnly(kbps: number): void {
  for (const [where, device] of [[[], 'hall0'], [['-n', 'far'], 'far0']] as const) {
    run('tc', [...where, 'qdisc', 'replace', 'dev', device, 'root', 'tbf', 'rate', `${kbps}kbit`, 'burst', '16kb', 'latency', '400ms']);
  }
}

/** A firewall that lets only TCP to these ports of the server out. */
export function letsOutOnly(ports: readonly number[]): void {
  const own = ['-i', 'lo'];
  firewall('-A', 'INPUT', ...own, '-j', 'ACCEPT');
  firewall('-A', 'OUTPUT', '-o', 'lo', '-j', 'ACCEPT');
  for (const port of ports) {
    firewall('-A', 'OUTPUT', '-p', 'tcp', '-d', HALL, '--dport', String(port), '-j', 'ACCEPT');
    firewall('-A', 'INPUT', '-p', 'tcp', '-s', HALL, '--sport', String(port), '-j', 'ACCEPT');
  }
  firewall('-A', 'OUTPUT', '-j', 'DROP');
  firewall('-A', 'INPUT', '-j', 'DROP');
}

/** A good line again. */
export function isGoodAgain(): void {
  firewall('-F');
  for (const [where, device] of [[[], 'hall0'], [['-n', 'far'], 'far0']] as const) {
    run('tc', [...where, 'qdisc', 'replace', 'dev', device, 'root', 'pfifo']);
  }
}

function firewall(...rule: readonly string[]): void {
  run('ip', ['netns', 'exec', 'far', 'iptables', ...rule]);
}

function run(program: string, args: readonly string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}
