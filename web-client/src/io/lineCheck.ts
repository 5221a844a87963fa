/** Tests the line to the server, before a meeting: time there and back, and what it carries each way. */
import { jitter, judge, type Measured, median, type Verdict } from '../core/lineVerdict';
import type { ErrorCode, LineTest } from '../core/protocol';
import { Store } from '../core/store';
import { beginLineTest } from './rest';

type CheckStep = 'server' | 'delay' | 'down' | 'up';

export type CheckState =
  | { readonly type: 'running'; readonly step: CheckStep; readonly progress: number }
  | { readonly type: 'done'; readonly measured: Measured; readonly verdict: Verdict; readonly mostKbps: number }
  | { readonly type: 'refused'; readonly code: ErrorCode };

const PINGS = 12;
/** How long the download is measured, in milliseconds. */
const DOWN_TIME = 3_000;
/** Uploads grow until one takes so long, in milliseconds. */
const UP_TIME = 1_000;
const FIRST_UPLOAD = 32 * 1_024;
const LARGEST_UPLOAD = 4 * 1_024 * 1_024;
/** How long the server may take to open a WebSocket, in milliseconds. */
const PATIENCE = 8_000;

const BEGINNING: CheckState = { type: 'running', step: 'server', progress: 0 };

/** The test of the line, as often as it is wanted. */
export class LineCheck {
  readonly store = new Store<CheckState>(BEGINNING);
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  /** Begins anew; what is returned stops it. */
  start(): () => void {
    const abort = new AbortController();
    this.store.set(BEGINNING);
    void new Run(this.#token, this.store, abort.signal).run();
    return () => {
      abort.abort();
    };
  }
}

/** One test. */
class Run {
  readonly #store: Store<CheckState>;
  readonly #token: string;
  readonly #signal: AbortSignal;

  constructor(token: string, store: Store<CheckState>, signal: AbortSignal) {
    this.#token = token;
    this.#store = store;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    const begun = await beginLineTest(this.#token);
    if (this.#isStopped()) return;
    if (begun.type === 'refused') {
      this.#store.set({ type: 'refused', code: begun.code });
      return;
    }
    const figures = begun.type === 'ok' ? await this.#measure(begun.value).catch(() => null) : null;
    if (this.#isStopped()) return;
    const measured: Measured = {
      reachable: figures !== null,
      // The browser tries UDP when it joins.
      udp: null,
      relay: false,
      loss_percent: null,
      rtt_ms: 0,
      jitter_ms: 0,
      down_kbps: 0,
      up_kbps: 0,
      ...figures,
    };
    const mostKbps = begun.type === 'ok' ? begun.value.most_kbps : 0;
    this.#store.set({ type: 'done', measured, verdict: judge(measured), mostKbps });
  }

  async #measure(test: LineTest) {
    await this.#openWebSocket();
    const times = await this.#ping();
    const rtt = median(times);
    const down = await this.#down(test);
    const up = await this.#up(test, rtt);
    return { rtt_ms: rtt, jitter_ms: jitter(times), down_kbps: down, up_kbps: up };
  }

  #isStopped(): boolean {
    return this.#signal.aborted;
  }

  #tell(step: CheckStep, progress: number): void {
    if (!this.#isStopped()) this.#store.set({ type: 'running', step, progress });
  }

  #openWebSocket(): Promise<void> {
    const url = new URL('/api/v1/ws', location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.hash = '';
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      const give = (settle: () => void) => {
        clearTimeout(late);
        socket.close();
        settle();
      };
      const fail = () => {
        give(() => {
          reject(new Error('no WebSocket'));
        });
      };
      const late = setTimeout(fail, PATIENCE);
      socket.addEventListener('open', () => {
        give(resolve);
      });
      socket.addEventListener('error', fail);
    });
  }

  async #ping(): Promise<number[]> {
    const times: number[] = [];
    for (let n = 0; n <= PINGS; n += 1) {
      this.#tell('delay', 0.05 + (0.15 * n) / PINGS);
      const began = performance.now();
      await this.#fetch('ping', {});
      // The first one opens the connection.
      if (n > 0) times.push(performance.now() - began);
    }
    return times;
  }

  async #down(test: LineTest): Promise<number> {
    const seconds = Math.ceil(DOWN_TIME / 1_000);
    const response = await this.#fetch(`down?seconds=${seconds}&kbps=${test.most_kbps}`, {});
    const reader = response.body?.getReader();
    if (reader === undefined) throw new Error('no body');
    let began: number | null = null;
    let bytes = 0;
    for (;;) {
      const { done, value } = await reader.read();
      const now = performance.now();
      if (done) break;
      // What came at first had gathered on its way.
      if (began === null) began = now;
      else bytes += value.byteLength;
      const passed = (now - began) / DOWN_TIME;
      this.#tell('down', 0.2 + 0.4 * Math.min(1, passed));
      if (passed >= 1) break;
    }
    const milliseconds = performance.now() - (began ?? 0);
    await reader.cancel();
    return (bytes * 8) / Math.max(1, milliseconds);
  }

  async #up(test: LineTest, rtt: number): Promise<number> {
    for (let size = FIRST_UPLOAD; ; size *= 4) {
      this.#tell('up', 0.6 + 0.1 * Math.log2(size / FIRST_UPLOAD) / 2);
      const began = performance.now();
      await this.#fetch('up', { method: 'POST', body: noise(size) });
      const milliseconds = Math.max(1, performance.now() - began - rtt);
      const isEnough = milliseconds >= UP_TIME || size * 4 > Math.min(LARGEST_UPLOAD, test.most_bytes);
      if (isEnough) return Math.min((size * 8) / milliseconds, test.most_kbps);
    }
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const response = await fetch(`/api/v1/line-test/${path}`, {
      ...init,
      headers: { authorization: `Bearer ${this.#token}` },
      cache: 'no-store',
      signal: this.#signal,
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response;
  }
}

/** Bytes that no line compresses. */
function noise(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  return bytes;
}
