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
  /** `detail` is for technicians, in English. */
  | { readonly type: 'refused'; readonly code: ErrorCode; readonly detail?: string }
  | { readonly type: 'unreachable' };

/** A value with the tag of its version, for `If-Match`. */
export interface Tagged<T> {
  readonly value: T;
  readonly tag: string;
}

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

export function ask<T>(path: string, init: RequestInit): Promise<Fetched<T>> {
  return request(path, init, async (response) => (response.status === 204 ? undefined : await response.json()) as T);
}

/** As `ask`, with the version of what is answered. */
export function askTagged<T>(path: string, init: RequestInit): Promise<Fetched<Tagged<T>>> {
  return request(path, init, async (response) => ({ value: (await response.json()) as T, tag: response.headers.get('etag') ?? '' }));
}

async function request<T>(path: string, init: RequestInit, read: (response: Response) => Promise<T>): Promise<Fetched<T>> {
  try {
    const response = await fetch(path, { ...init, cache: 'no-store' });
    if (response.ok) return { type: 'ok', value: await read(response) };
    // A gateway in front of a server that is starting has no coded body.
    if (response.status >= 502) return { type: 'unreachable' };
    return { type: 'refused', ...problemOf(await response.json().catch(() => null)) };
  } catch {
    return { type: 'unreachable' };
  }
}

/** The code of a problem (RFC 9457), and what it says to technicians. */
export function problemOf(problem: unknown): { readonly code: ErrorCode; readonly detail?: string } {
  if (typeof problem !== 'object' || problem === null) return { code: 'internal' };
  const { code, detail } = problem as { readonly code?: unknown; readonly detail?: unknown };
  return { code: parseErrorCode(code), ...(typeof detail === 'string' && { detail }) };
}
