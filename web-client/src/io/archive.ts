/**
 * Archives over REST: recordings, their files and proofs, minutes, shares and
 * transcripts. Whoever asks is known by the session's cookie, or by a token or
 * an invitation that came with the address.
 */
import type {
  ArchiveShare,
  ArchiveShares,
  ArchiveVerification,
  IssueMinutes,
  MeetingId,
  MinutesDraft,
  MinutesEdit,
  MinutesVersion,
  MinutesVersions,
  RecordingPage,
  RecordingView,
  ShareArchive,
  Transcript,
  TranscriptState,
} from '../core/protocol';
import { ask, askTagged, type Fetched, problemOf, type Tagged } from './rest';

/** What is looked for. Times are in milliseconds since 1970 UTC. */
export interface RecordingQuery {
  readonly query: string;
  readonly unit: string;
  readonly from: number | null;
  readonly to: number | null;
  readonly cursor: string | null;
}

/** How far something is, from 0 to 1. */
export type Progress = (part: number) => void;

const RECORDINGS = '/api/v1/recordings';

/** As many recordings come at a time. */
const PAGE = 50;

export class Archive {
  /** A token, or empty for the cookie. */
  readonly #credential: string;

  constructor(credential: string) {
    this.#credential = credential;
  }

  /** Files can be fetched by the page's own elements. */
  get isByCookie(): boolean {
    return this.#credential === '';
  }

  list({ query, unit, from, to, cursor }: RecordingQuery): Promise<Fetched<RecordingPage>> {
    const wanted = new URLSearchParams({ limit: String(PAGE) });
    if (query !== '') wanted.set('query', query);
    if (unit !== '') wanted.set('unit', unit);
    if (from !== null) wanted.set('from', String(from));
    if (to !== null) wanted.set('to', String(to));
    if (cursor !== null) wanted.set('cursor', cursor);
    return ask(`${RECORDINGS}?${wanted.toString()}`, this.#init());
  }

  one(meeting: MeetingId): Promise<Fetched<RecordingView>> {
    return ask(addressOf(meeting), this.#init());
  }

  /** Reads every file again; takes as long as that does. */
  verify(meeting: MeetingId): Promise<Fetched<ArchiveVerification>> {
    return ask(`${addressOf(meeting)}/verify`, this.#init());
  }

  draft(meeting: MeetingId): Promise<Fetched<Tagged<MinutesDraft>>> {
    return askTagged(`${addressOf(meeting)}/minutes`, this.#init());
  }

  edit(meeting: MeetingId, tag: string, edits: readonly MinutesEdit[]): Promise<Fetched<Tagged<MinutesDraft>>> {
    return askTagged(`${addressOf(meeting)}/minutes`, this.#init('PATCH', { edits }, tag));
  }

  approve(meeting: MeetingId, tag: string): Promise<Fetched<Tagged<MinutesDraft>>> {
    return askTagged(`${addressOf(meeting)}/minutes/approve`, this.#init('POST', undefined, tag));
  }

  reopen(meeting: MeetingId, tag: string): Promise<Fetched<Tagged<MinutesDraft>>> {
    return askTagged(`${addressOf(meeting)}/minutes/reopen`, this.#init('POST', undefined, tag));
  }

  issue(meeting: MeetingId, tag: string, number: IssueMinutes): Promise<Fetched<Tagged<MinutesDraft>>> {
    return askTagged(`${addressOf(meeting)}/minutes/issue`, this.#init('POST', number, tag));
  }

  supersede(meeting: MeetingId, tag: string, reason: string): Promise<Fetched<Tagged<MinutesDraft>>> {
    return askTagged(`${addressOf(meeting)}/minutes/supersede`, this.#init('POST', { reason }, tag));
  }

  versions(meeting: MeetingId): Promise<Fetched<MinutesVersions>> {
    return ask(`${addressOf(meeting)}/minutes/versions`, this.#init());
  }

  shares(meeting: MeetingId): Promise<Fetched<ArchiveShares>> {
    return ask(`${addressOf(meeting)}/shares`, this.#init());
  }

  share(meeting: MeetingId, share: ShareArchive): Promise<Fetched<ArchiveShare>> {
    return ask(`${addressOf(meeting)}/shares`, this.#init('POST', share));
  }

  unshare(meeting: MeetingId, id: string): Promise<Fetched<undefined>> {
    return ask(`${addressOf(meeting)}/shares/${encodeURIComponent(id)}`, this.#init('DELETE'));
  }

  transcript(meeting: MeetingId): Promise<Fetched<Transcript>> {
    return ask(`${addressOf(meeting)}/transcript`, this.#init());
  }

  transcribe(meeting: MeetingId): Promise<Fetched<TranscriptState>> {
    return ask(`${addressOf(meeting)}/transcript`, this.#init('POST'));
  }

  /** Hands in the signed file of the issued minutes. */
  putSigned(meeting: MeetingId, file: File, tell: Progress): Promise<Fetched<MinutesVersion>> {
    const request = new XMLHttpRequest();
    request.open('PUT', `${addressOf(meeting)}/minutes/signed`);
    request.setRequestHeader('content-type', 'application/pdf');
    for (const [name, value] of Object.entries(this.#headers())) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => { tell(total === 0 ? 0 : loaded / total); };
    return new Promise((resolve) => {
      request.onerror = () => { resolve({ type: 'unreachable' }); };
      request.onload = () => { resolve(uploaded(request)); };
      request.send(file);
    });
  }

  /** A file of the archive, or anything below a recording's address. */
  fetch(address: string, signal?: AbortSignal): Promise<Response> {
    return fetch(address, { headers: this.#headers(), ...(signal !== undefined && { signal }) });
  }

  /** A file as an object of the browser, with how much of it is there. */
  async blob(address: string, tell: Progress, signal?: AbortSignal): Promise<Fetched<Blob>> {
    try {
      const response = await this.fetch(address, signal);
      if (!response.ok) {
        const problem: unknown = await response.json().catch(() => null);
        return { type: 'refused', ...problemOf(problem) };
      }
      const total = Number(response.headers.get('content-length') ?? 0);
      const pieces: Uint8Array<ArrayBuffer>[] = [];
      let loaded = 0;
      for (const reader = response.body?.getReader(); reader !== undefined; ) {
        const { done, value } = await reader.read();
        if (done) break;
        pieces.push(value);
        loaded += value.length;
        if (total > 0) tell(loaded / total);
      }
      return { type: 'ok', value: new Blob(pieces, { type: response.headers.get('content-type') ?? '' }) };
    } catch {
      return { type: 'unreachable' };
    }
  }

  #headers(): Record<string, string> {
    return this.#credential === '' ? {} : { authorization: `Bearer ${this.#credential}` };
  }

  #init(method = 'GET', body?: object, tag?: string): RequestInit {
    return {
      method,
      headers: {
        ...this.#headers(),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(tag !== undefined && { 'if-match': tag }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
  }
}

/** Where a recording is, over REST. */
export function addressOf(meeting: MeetingId): string {
  return `${RECORDINGS}/${encodeURIComponent(meeting)}`;
}

/** Where a file of an archive is. */
export function fileAddress(meeting: MeetingId, path: string): string {
  return `${addressOf(meeting)}/files/${path.split('/').map(encodeURIComponent).join('/')}`;
}

/** Keeps an object of the browser as a file of the user's. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has begun to copy it by then.
  setTimeout(() => { URL.revokeObjectURL(link.href); }, 60_000);
}

function uploaded(request: XMLHttpRequest): Fetched<MinutesVersion> {
  if (request.status >= 502) return { type: 'unreachable' };
  let said: unknown = null;
  try {
    said = JSON.parse(request.responseText);
  } catch {
    // A body that is no JSON says nothing.
  }
  if (request.status >= 200 && request.status < 300) return { type: 'ok', value: said as MinutesVersion };
  return { type: 'refused', ...problemOf(said) };
}
