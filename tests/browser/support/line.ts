/**
 * A person's line to the server, which a story can cut: the WebSocket on its
 * way through the test, and sound and picture on their way through a UDP relay.
 *
 * ```text
 *   page ──WebSocket──> Line ──> server
 *     └─────UDP───────> Relay ──┘         the answer names the relay's port
 * ```
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { WebSocketRoute } from 'playwright-core';
import type { LineQuality, ServerMessage } from '../../../web-client/src/core/protocol';
import type { Person } from './people';

export class Line {
  readonly #open = new Set<() => void>();
  readonly #relays: Relay[] = [];
  #page: WebSocketRoute | null = null;
  #session = '';
  #isCut = false;

  /** Before the person opens the link. */
  static async lay(person: Person): Promise<Line> {
    const line = new Line();
    await line.movesToAnotherNetwork();
    await person.page.routeWebSocket('**/api/v1/ws', (page) => { line.#connect(page); });
    return line;
  }

  /** The WebSocket breaks, and no other one can be opened. */
  cutsWebSocket(): void {
    this.#isCut = true;
    for (const close of this.#open) close();
    this.#open.clear();
  }

  /** What the server would say of a line so weak, for pictures of the pages. */
  pretends(quality: LineQuality): void {
    this.#page?.send(JSON.stringify({ type: 'line', session: this.#session, quality, kbps: 0 } satisfies ServerMessage));
  }

  /** A WebSocket can be opened again. */
  mendsWebSocket(): void {
    this.#isCut = false;
  }

  /** The way of sound and picture is dead for ever; what is negotiated from now on takes another one. */
  async movesToAnotherNetwork(): Promise<void> {
    this.#relays.at(-1)?.cut();
    this.#relays.push(await Relay.open());
  }

  close(): void {
    for (const relay of this.#relays) relay.close();
  }

  #connect(page: WebSocketRoute): void {
    if (this.#isCut) {
      void page.close({ code: 3_000 });
      return;
    }
    const server = page.connectToServer();
    this.#page = page;
    this.#open.add(() => {
      void page.close({ code: 3_000 });
      void server.close({ code: 3_000 });
    });
    server.onMessage((message) => {
      page.send(typeof message === 'string' ? this.#throughRelay(message) : message);
    });
  }

  #throughRelay(message: string): string {
    const parsed = JSON.parse(message) as ServerMessage;
    if (parsed.type !== 'answer') return message;
    this.#session = parsed.session;
    const relay = this.#relays.at(-1);
    if (relay === undefined) return message;
    // The answer names the port of the worker that the person is with, by UDP and by TCP.
    const sdp = parsed.sdp
      .split('\r\n')
      .filter((line) => !/^a=candidate:\S+ \d+ tcp /.test(line))
      .map((line) =>
        line.replace(/127\.0\.0\.1 (\d+) typ host/, (_, port: string) => {
          relay.towards(Number(port));
          return `127.0.0.1 ${relay.port} typ host`;
        }),
      );
    return JSON.stringify({ ...parsed, sdp: sdp.join('\r\n') });
  }
}

/** Carries datagrams between browsers and the server's port. */
class Relay {
  readonly port: number;
  readonly #front: Socket;
  /** Towards the server, one for each address and port of a browser. */
  readonly #backs = new Map<string, Socket>();
  #isCut = false;
  #media = 0;

  private constructor(front: Socket) {
    this.#front = front;
    this.port = front.address().port;
    front.on('message', (datagram, from) => {
      if (!this.#isCut && this.#media > 0) this.#backOf(from).send(datagram, this.#media, '127.0.0.1');
    });
  }

  /** The server's port that it leads to. */
  towards(media: number): void {
    this.#media = media;
  }

  static async open(): Promise<Relay> {
    const front = createSocket({ type: 'udp4', recvBufferSize: 1 << 20, sendBufferSize: 1 << 20 });
    front.bind(0, '127.0.0.1');
    await once(front, 'listening');
    return new Relay(front);
  }

  cut(): void {
    this.#isCut = true;
  }

  close(): void {
    this.#isCut = true;
    for (const socket of [this.#front, ...this.#backs.values()]) socket.close();
  }

  #backOf({ address, port }: RemoteInfo): Socket {
    const name = `${address} ${port}`;
    const known = this.#backs.get(name);
    if (known !== undefined) return known;
    const back = createSocket({ type: 'udp4', recvBufferSize: 1 << 20, sendBufferSize: 1 << 20 });
    back.on('message', (datagram) => {
      if (!this.#isCut) this.#front.send(datagram, port, address);
    });
    this.#backs.set(name, back);
    return back;
  }
}
