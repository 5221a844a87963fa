/** The REST interface under `/api/v1`. */
import { parseErrorCode } from '../core/parse';
import type {
  AskReceipt,
  BallotAnswer,
  BallotReceipt,
  CastBallot,
  CreateMeeting,
  DemoPage,
  ErrorCode,
  Invitation,
  LineTest,
  MeetingCreated,
  PlaceTaken,
} from '../core/protocol';

/** What came back: a value, a coded refusal, or no connection to the server. */
export type Fetched<T> =
  | { readonly type: 'ok'; readonly value: T }
  | { readonly type: 'refused'; readonly code: ErrorCode }
  | { readonly type: 'unreachable' };

export function getDemo(): Promise<Fetched<DemoPage>> {
  return ask('/api/v1/demo', {});
}

/** What an invitation says; `token` is its secret part. */
export function getInvitation(token: string): Promise<Fetched<Invitation>> {
  return ask('/api/v1/invitation', { headers: { authorization: `Bearer ${token}` } });
}

/** Takes a place with a guest's link, or comes back to it: the key tells whose it is. */
export function takePlace(token: string, key: string): Promise<Fetched<PlaceTaken>> {
  return ask('/api/v1/invitation', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ key }),
  });
}

/** What the line can be tested against, with an invitation. */
export function beginLineTest(token: string): Promise<Fetched<LineTest>> {
  return ask('/api/v1/line-test', { method: 'POST', headers: { authorization: `Bearer ${token}` } });
}

/** Makes an instant meeting, with an administrator's token. */
export function createMeeting(token: string, meeting: CreateMeeting): Promise<Fetched<MeetingCreated>> {
  return ask('/api/v1/meetings', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(meeting),
  });
}

/** Casts a secret ballot, from nobody in particular; sent again, asks what became of it. */
export function castBallot(ballot: CastBallot): Promise<Fetched<BallotAnswer>> {
  return ask('/api/v1/ballots', nameless(ballot));
}

/** The proof that a ballot was counted. */
export function getReceipt(asked: AskReceipt): Promise<Fetched<BallotReceipt>> {
  return ask('/api/v1/ballots/receipt', nameless(asked));
}

/** A request without cookies, tokens or the page's address. */
function nameless(body: CastBallot | AskReceipt): RequestInit {
  return {
    method: 'POST',
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

export async function ask<T>(path: string, init: RequestInit): Promise<Fetched<T>> {
  try {
    const response = await fetch(path, { ...init, cache: 'no-store' });
    if (response.status === 204) return { type: 'ok', value: undefined as T };
    if (response.ok) return { type: 'ok', value: (await response.json()) as T };
    // A gateway in front of a server that is starting has no coded body.
    if (response.status >= 502) return { type: 'unreachable' };
    const problem: unknown = await response.json().catch(() => null);
    const code = typeof problem === 'object' && problem !== null && 'code' in problem ? problem.code : null;
    return { type: 'refused', code: parseErrorCode(code) };
  } catch {
    return { type: 'unreachable' };
  }
}
