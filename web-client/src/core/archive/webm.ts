/**
 * Cuts a WebM file (RFC 9559) that is on its way into pieces that each play by
 * themselves: its head, and some of its clusters. A decoder takes them one
 * after the other, so that never the whole file lies in memory.
 */

/** A part of the file that can be decoded. */
export interface Piece {
  /** The time of its first cluster, in milliseconds (the usual scale of WebM). */
  readonly at: number;
  /** Head and clusters. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const SEGMENT = 0x18538067;
const CLUSTER = 0x1f43b675;
const TIMESTAMP = 0xe7;
/** What a piece needs of what stands before the clusters. */
const HEAD: readonly number[] = [0x1a45dfa3, 0x1549a966, 0x1654ae6b];
/** A segment of unknown length. */
const OPEN_SEGMENT = [0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

export class WebmCutter {
  readonly #size: number;
  #waiting = new Uint8Array(0);
  #head: Uint8Array[] = [];
  #clusters: Uint8Array[] = [];
  #began = 0;
  #filled = 0;
  /** Nothing after this can be understood. */
  #isLost = false;

  /** Pieces of about this many bytes. */
  constructor(size: number) {
    this.#size = size;
  }

  /** Takes what has come; gives what can be decoded now. */
  take(bytes: Uint8Array): Piece[] {
    const all = new Uint8Array(this.#waiting.length + bytes.length);
    all.set(this.#waiting);
    all.set(bytes, this.#waiting.length);
    const pieces: Piece[] = [];
    let at = 0;
    while (!this.#isLost) {
      const header = headerAt(all, at);
      if (header === null) break;
      if (header.id === SEGMENT) {
        at += header.length;
        continue;
      }
      if (header.size === null) {
        this.#isLost = true;
        break;
      }
      const end = at + header.length + header.size;
      if (end > all.length) break;
      const element = all.slice(at, end);
      if (HEAD.includes(header.id)) this.#keepHead(header.id, element);
      if (header.id === CLUSTER) pieces.push(...this.#keepCluster(element, header.length));
      at = end;
    }
    this.#waiting = this.#isLost ? new Uint8Array(0) : all.slice(at);
    return pieces;
  }

  /** What is left at the end. */
  rest(): Piece[] {
    if (this.#clusters.length === 0) return [];
    const piece = { at: this.#began, bytes: join([...this.#head, ...this.#clusters]) };
    this.#clusters = [];
    this.#filled = 0;
    return [piece];
  }

  #keepHead(id: number, element: Uint8Array): void {
    this.#head.push(element);
    // The EBML header is followed by the segment that holds the others.
    if (id === HEAD[0]) this.#head.push(Uint8Array.from(OPEN_SEGMENT));
  }

  #keepCluster(element: Uint8Array, header: number): Piece[] {
    if (this.#clusters.length === 0) this.#began = timestampOf(element, header);
    this.#clusters.push(element);
    this.#filled += element.length;
    return this.#filled >= this.#size ? this.rest() : [];
  }
}

interface Header {
  readonly id: number;
  /** Of identifier and size, in bytes. */
  readonly length: number;
  /** Of the content, in bytes; null where it is not known. */
  readonly size: number | null;
}

/** The element that begins there, or null where more bytes are needed (RFC 8794 §4). */
function headerAt(bytes: Uint8Array, at: number): Header | null {
  const first = bytes[at];
  if (first === undefined || first === 0) return null;
  const idLength = Math.clz32(first) - 23;
  const sizeByte = bytes[at + idLength];
  if (sizeByte === undefined || sizeByte === 0) return null;
  const sizeLength = Math.clz32(sizeByte) - 23;
  if (at + idLength + sizeLength > bytes.length) return null;
  const id = numberOf(bytes, at, idLength);
  // The first bit that is set tells the length, and does not count.
  const size = numberOf(bytes, at + idLength + 1, sizeLength - 1, sizeByte - (1 << (8 - sizeLength)));
  return { id, length: idLength + sizeLength, size: size === 2 ** (7 * sizeLength) - 1 ? null : size };
}

function numberOf(bytes: Uint8Array, at: number, length: number, before = 0): number {
  let value = before;
  for (let index = at; index < at + length; index += 1) value = value * 256 + (bytes[index] ?? 0);
  return value;
}

/** The first child of a cluster is its time. */
function timestampOf(cluster: Uint8Array, at: number): number {
  const header = headerAt(cluster, at);
  return header?.id === TIMESTAMP && header.size !== null ? numberOf(cluster, at + header.length, header.size) : 0;
}

function join(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
