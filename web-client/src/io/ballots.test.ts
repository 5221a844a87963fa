import { RSABSSA } from '@cloudflare/blindrsa-ts';
import { expect, test } from 'vitest';
import type { BallotAnswer, BallotReceipt, CastBallot } from '../core/protocol';
import rfc from './ballots.rfc9474.json';
import vectors from './ballots.vectors.json';
import { blindToken, castUntilStored, isCounted, unblind } from './ballots';
import type { Fetched } from './rest';

const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const base64url = (hex: string) => Buffer.from(hex, 'hex').toString('base64url');

const PAPER = {
  token: base64(vectors.token),
  randomizer: base64(vectors.randomizer),
  signature: base64(vectors.signature),
};

test('what the server signed is unblinded to the same paper as there', async () => {
  const token = {
    key: base64(vectors.key),
    prepared: base64(vectors.randomizer + vectors.token),
    blinded: base64(vectors.blinded),
    inverse: base64(vectors.inverse),
  };
  await expect(unblind(token, base64(vectors.blind_signature))).resolves.toEqual(PAPER);
  await expect(unblind(token, base64(vectors.signature))).rejects.toThrow();
});

test('a token of this side is signed with the key of the server and verifies there', async () => {
  const suite = RSABSSA.SHA384.PSS.Randomized();
  const algorithm = { name: 'RSA-PSS', hash: 'SHA-384' };
  const secret = await crypto.subtle.importKey('pkcs8', bytes(vectors.secret), algorithm, true, ['sign']);
  const key = await crypto.subtle.importKey('spki', bytes(vectors.key), algorithm, true, ['verify']);
  const blinded = await blindToken(base64(vectors.key));
  const again = await blindToken(base64(vectors.key));
  expect(again.blinded).not.toBe(blinded.blinded);
  const signed = await suite.blindSign(secret, Uint8Array.from(Buffer.from(blinded.blinded, 'base64')));
  const paper = await unblind(blinded, Buffer.from(signed).toString('base64'));
  const message = Buffer.concat([Buffer.from(paper.randomizer, 'base64'), Buffer.from(paper.token, 'base64')]);
  expect(message).toHaveLength(64);
  const good = await suite.verify(key, Uint8Array.from(Buffer.from(paper.signature, 'base64')), Uint8Array.from(message));
  expect(good).toBe(true);
});

test('the vector of the RFC (RFC 9474, appendix A.1)', async () => {
  const suite = RSABSSA.SHA384.PSS.Randomized();
  const jwk = { kty: 'RSA', n: base64url(rfc.n), e: base64url(rfc.e) };
  const key = await crypto.subtle.importKey('jwk', jwk, { name: 'RSA-PSS', hash: 'SHA-384' }, true, ['verify']);
  const prepared = bytes(rfc.msg_prefix + rfc.msg);
  const signature = await suite.finalize(key, prepared, bytes(rfc.blind_sig), bytes(rfc.inv));
  expect(Buffer.from(signature).toString('hex')).toBe(rfc.sig);
});

test('a ballot is sent again until it is stored', async () => {
  const ballot: CastBallot = { meeting: 'm', number: 1, choice: 0, ...PAPER };
  const answer = (state: BallotAnswer['state']): Fetched<BallotAnswer> => ({ type: 'ok', value: { state } });
  const answers: Fetched<BallotAnswer>[] = [
    { type: 'unreachable' },
    answer('waiting'),
    { type: 'refused', code: 'storage_unavailable' },
    answer('stored'),
  ];
  let told = 0;
  const cast = () => Promise.resolve(answers.shift() ?? { type: 'refused' as const, code: 'no_vote' as const });
  const pause = () => Promise.resolve();
  await expect(castUntilStored(ballot, () => told++, cast, pause)).resolves.toEqual({ type: 'stored' });
  expect(told).toBe(1);
  await expect(castUntilStored(ballot, () => told++, cast, pause)).resolves.toEqual({ type: 'refused', code: 'no_vote' });
});

test('a receipt of the server proves its ballot and no other', async () => {
  const proved = (receipt: BallotReceipt, token: string, root: string) =>
    isCounted({ meeting: 'm', number: 1, token }, root, () => Promise.resolve({ type: 'ok', value: receipt }));
  for (const { token, receipt } of vectors.receipts) {
    const { root, ballots, commitment } = receipt;
    await expect(proved(receipt, base64(token), root)).resolves.toEqual({ type: 'ok', value: true });
    await expect(proved(receipt, PAPER.token, root)).resolves.toEqual({ type: 'ok', value: false });
    await expect(proved(receipt, base64(token), commitment)).resolves.toEqual({ type: 'ok', value: false });
    await expect(proved({ ...receipt, index: ballots }, base64(token), root)).resolves.toEqual({ type: 'ok', value: false });
  }
});
