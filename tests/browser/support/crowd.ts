/** Sites that take part without sound and picture: many of them fit into one page. */
import type { Page } from 'playwright-core';
import type { Command, InviteLink } from '../../../web-client/src/core/protocol';

/** A browser opens only so many WebSockets to one server. */
export const MOST = 200;

/** Everybody of these comes in, in a page of their server; resolves when all are in. */
export async function comeIn(page: Page, links: readonly InviteLink[]): Promise<void> {
  const tokens = links.map(({ path, participant }) => [participant, path.split('#')[1] ?? ''] as const);
  await page.evaluate(async (all) => {
    const sockets = new Map<string, WebSocket>();
    const enter = ([participant, token]: readonly [string, string]) =>
      new Promise<void>((resolve, reject) => {
        const socket = new WebSocket(`ws://${location.host}/api/v1/ws`);
        sockets.set(participant, socket);
        socket.onopen = () => {
          socket.send(JSON.stringify({ type: 'hello', version: 2, token, resume_from: null, name: null, instance: participant }));
          // The server counts on a sign of life.
          setInterval(() => { if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: 'ping', nonce: 1 })); }, 5_000);
        };
        socket.onmessage = ({ data }) => {
          const { type, code } = JSON.parse(String(data)) as { type: string; code?: string };
          if (type === 'welcome') resolve();
          if (type === 'bye') reject(new Error(`${participant}: ${code}`));
        };
        socket.onerror = () => { reject(new Error(participant)); };
      });
    Object.assign(window, { crowd: sockets });
    for (const one of all) await enter(one);
  }, tokens);
}

/** One of them does something. */
export async function does(page: Page, participant: string, command: Command): Promise<void> {
  await page.evaluate(
    ([who, what]) => {
      const { crowd } = window as unknown as { crowd: Map<string, WebSocket> };
      crowd.get(who)?.send(JSON.stringify({ type: 'command', id: 1, command: what }));
    },
    [participant, command] as const,
  );
}

/** The line of one of them is cut. */
export async function isCut(page: Page, participant: string): Promise<void> {
  await page.evaluate((who) => {
    (window as unknown as { crowd: Map<string, WebSocket> }).crowd.get(who)?.close();
  }, participant);
}
