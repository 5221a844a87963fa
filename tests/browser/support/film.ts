/** A camera's picture as VP8, for a client that has no encoder. */
import type { Browser } from 'playwright-core';
import { installDevices } from './devices';
import type { Look } from './looks';

const [WIDTH, HEIGHT] = [320, 180];
export const FILM_SIZE = `${WIDTH}x${HEIGHT}`;
const FRAMES = 50;
const RATE = 25;

/** Films what the camera of a person with this look gives, as an IVF file; `origin` is a page where cameras are allowed. */
export async function film(browser: Browser, origin: string, look: Look): Promise<Buffer> {
  const context = await browser.newContext();
  try {
    await context.addInitScript(installDevices, { ...look, rate: RATE, kind: 'steady' as const });
    const page = await context.newPage();
    await page.goto(origin);
    return ivf((await page.evaluate(encode, [WIDTH, HEIGHT, FRAMES] as const)).map((frame) => Buffer.from(frame)));
  } finally {
    await context.close();
  }
}

/** Runs in the page, and therefore uses nothing from outside itself. */
async function encode([width, height, count]: readonly [number, number, number]): Promise<number[][]> {
  const video = document.createElement('video');
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width, height } });
  document.body.append(video);
  await video.play();
  const frames: number[][] = [];
  const failed = Promise.withResolvers<never>();
  const encoder = new VideoEncoder({
    output: (chunk) => {
      const bytes = new Uint8Array(chunk.byteLength);
      chunk.copyTo(bytes);
      frames.push([...bytes]);
    },
    error: failed.reject,
  });
  encoder.configure({ codec: 'vp8', width, height, bitrate: 300_000, latencyMode: 'realtime' });
  for (let number = 0; number < count; number += 1) {
    await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
    const picture = new VideoFrame(video);
    encoder.encode(picture, { keyFrame: number === 0 });
    picture.close();
  }
  await Promise.race([encoder.flush(), failed.promise]);
  return frames;
}

/** 32 bytes of header, before each frame its length and 8 bytes of time. */
function ivf(frames: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(32);
  header.write('DKIF', 0);
  header.writeUInt16LE(header.length, 6);
  header.write('VP80', 8);
  header.writeUInt16LE(WIDTH, 12);
  header.writeUInt16LE(HEIGHT, 14);
  header.writeUInt32LE(RATE, 16);
  header.writeUInt32LE(1, 20);
  header.writeUInt32LE(frames.length, 24);
  const pieces = frames.flatMap((frame, time) => {
    const head = Buffer.alloc(12);
    head.writeUInt32LE(frame.length, 0);
    head.writeBigUInt64LE(BigInt(time), 4);
    return [head, frame];
  });
  return Buffer.concat([header, ...pieces]);
}
