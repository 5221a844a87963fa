/**
 * Secret ballots, the voter's side (RFC 9474, RSABSSA-SHA384-PSS-Randomized).
 *
 *   token ── blind ──> take_paper ──> ballot_paper ── unblind ──> paper
 *   paper, choice ──> POST, without a name, until it is stored ──> receipt
 *
 * What is blinded and not unblinded yet is plain data: kept in the tab's
 * storage, it outlives a reload. Whoever loses it has lost the vote, for the
 * server gives one paper to each.
 */
import { RSABSSA } from '@cloudflare/blindrsa-ts';
import type { AskReceipt, BallotAnswer, BallotReceipt, CastBallot, ErrorCode } from '../core/protocol';
import { castBallot, getReceipt, type Fetched } from './rest';

/** A token on its way to be signed. All in Base64. */
export interface BlindedToken {
  /** The vote's public key. */
  readonly key: string;
  /** The randomizer and, behind it, the token. */
  readonly prepared: string;
  /** For `take_paper`. */
  readonly blinded: string;
  /** Takes the blinding away again. */
  readonly inverse: string;
}

/** A ballot paper: whoever holds it may vote once. All in Base64. */
export type BallotPaper = Pick<CastBallot, 'token' | 'randomizer' | 'signature'>;

const SUITE = RSABSSA.SHA384.PSS.Randomized();

/** The length of token and randomizer, in bytes. */
const LENGTH = 32;

/** How long a ballot that waits is left alone, in milliseconds: between these two, by lot. */
const AGAIN_AFTER = [4_000, 12_000] as const;

/** Makes a token and hides it from whoever signs it. */
export async function blindToken(key: string): Promise<BlindedToken> {
  const prepared = SUITE.prepare(crypto.getRandomValues(new Uint8Array(LENGTH)));
  const { blindedMsg, inv } = await SUITE.blind(await importKey(key), prepared);
  return { key, prepared: toBase64(prepared), blinded: toBase64(blindedMsg), inverse: toBase64(inv) };
}

/** The paper behind a blind signature; fails when the signature is not good. */
export async function unblind(token: BlindedToken, blindSignature: string): Promise<BallotPaper> {
  const prepared = fromBase64(token.prepared);
  const key = await importKey(token.key);
  const signature = await SUITE.finalize(key, prepared, fromBase64(blindSignature), fromBase64(token.inverse));
  return {
    token: toBase64(prepared.slice(LENGTH)),
    randomizer: toBase64(prepared.slice(0, LENGTH)),
    signature: toBase64(signature),
  };
}

/**
 * Casts a ballot, and again until it is stored: what only waits is lost when
 * the server fails. Says how it ended; `waits` hears that it is accepted.
 */
export async function castUntilStored(
  ballot: CastBallot,
  waits: () => void,
  cast: (ballot: CastBallot) => Promise<Fetched<BallotAnswer>> = castBallot,
  pause: () => Promise<void> = somePause,
): Promise<{ readonly type: 'stored' } | { readonly type: 'refused'; readonly code: ErrorCode }> {
  for (;;) {
    const answer = await cast(ballot);
    if (answer.type === 'ok' && answer.value.state === 'stored') return { type: 'stored' };
    if (answer.type === 'ok') waits();
    if (answer.type === 'refused' && !PASSING.has(answer.code)) return answer;
    await pause();
  }
}

/** Refusals after which it makes sense to try again. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['rate_limited', 'storage_unavailable', 'server_stopping']);

function somePause(): Promise<void> {
  const [least, most] = AGAIN_AFTER;
  return new Promise((resolve) => setTimeout(resolve, least + Math.random() * (most - least)));
}

/** Whether a ballot is proved to be among those under `root`, the root in the meeting's log. */
export async function isCounted(
  asked: AskReceipt,
  root: string,
  ask: (asked: AskReceipt) => Promise<Fetched<BallotReceipt>> = getReceipt,
): Promise<Fetched<boolean>> {
  const answer = await ask(asked);
  return answer.type === 'ok' ? { type: 'ok', value: await proves(answer.value, asked.token, root) } : answer;
}

/** Climbs from the leaf of a token to the root (RFC 9162 §2.1.3.2). */
async function proves(receipt: BallotReceipt, token: string, root: string): Promise<boolean> {
  let at = await hash([0], await hash(fromBase64(token)), fromHex(receipt.commitment));
  let { index } = receipt;
  let last = receipt.ballots - 1;
  if (index > last) return false;
  for (const other of receipt.path.map(fromHex)) {
    if (last === 0) return false;
    if (index % 2 === 1 || index === last) {
      at = await hash([1], other, at);
      while (index % 2 === 0 && index !== 0) {
        index = Math.floor(index / 2);
        last = Math.floor(last / 2);
      }
    } else {
      at = await hash([1], at, other);
    }
    index = Math.floor(index / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && toHex(at) === root;
}

function importKey(key: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('spki', fromBase64(key), { name: 'RSA-PSS', hash: 'SHA-384' }, true, ['verify']);
}

async function hash(...parts: readonly (Uint8Array | number[])[]): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(parts.flatMap((part) => [...part]))));
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
