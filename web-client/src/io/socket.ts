/** The WebSocket to signaling. Opening a new one silences the old one. */
import { parseServerMessage } from '../core/parse';
import type { ClientMessage, ServerMessage } from '../core/protocol';

export interface SocketListener {
  opened(): void;
  received(message: ServerMessage): void;
  dropped(): void;
}

export class Socket {
  readonly #listener: SocketListener;
  #socket: WebSocket | null = null;

  constructor(listener: SocketListener) {
    this.#listener = listener;
  }

  open(): void {
    this.close();
    const url = new URL('/api/v1/ws', location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.hash = '';
    const socket = new WebSocket(url);
    this.#socket = socket;
    const isCurrent = () => this.#socket === socket;
    socket.addEventListener('open', () => {
      if (isCurrent()) this.#listener.opened();
    });
    socket.addEventListener('message', ({ data }) => {
      if (!isCurrent() || typeof data !== 'string') return;
      const message = parseServerMessage(data);
      if (message !== null) this.#listener.received(message);
    });
    socket.addEventListener('close', () => {
      if (!isCurrent()) return;
      this.#socket = null;
      this.#listener.dropped();
    });
  }

  send(message: ClientMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}
