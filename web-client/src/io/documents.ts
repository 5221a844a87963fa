/** The documents of a meeting over HTTP: opened, and put in. */
import { parseErrorCode } from '../core/parse';
import type { Document, DocumentAccess, DocumentList } from '../core/protocol';
import { ask, type Fetched } from './rest';

/** What is said of a file that is put in. */
export interface AboutDocument {
  readonly title: string;
  readonly item: number | null;
  readonly access: DocumentAccess;
  readonly withdrawAtEnd: boolean;
}

export class Documents {
  readonly #token: string;
  readonly #meeting: () => string | null;

  /** `token` is the invitation, `meeting` its meeting once one is in. */
  constructor(token: string, meeting: () => string | null) {
    this.#token = token;
    this.#meeting = meeting;
  }

  /** Which documents there are, and which of them can be opened now. */
  list(): Promise<Fetched<DocumentList>> {
    return ask(this.#path(''), { headers: this.#headers() });
  }

  /** What is in a version. */
  async open(number: number, version: number, signal: AbortSignal): Promise<Fetched<Blob>> {
    try {
      const response = await fetch(this.#path(`/${number}/versions/${version}`), { headers: this.#headers(), cache: 'no-store', signal });
      if (response.ok) return { type: 'ok', value: await response.blob() };
      if (response.status >= 502) return { type: 'unreachable' };
      return { type: 'refused', code: codeOf(await response.text()) };
    } catch {
      return { type: 'unreachable' };
    }
  }

  /** Puts in a new one; `onProgress` hears how much of it has left, of 1. */
  add(file: File, { title, item, access, withdrawAtEnd }: AboutDocument, onProgress: (part: number) => void): Promise<Fetched<Document>> {
    const query = new URLSearchParams({
      name: file.name,
      title,
      roles: access.roles.join(','),
      from_item: String(access.from_item),
      withdraw_at_end: String(withdrawAtEnd),
      ...(item !== null && { item: String(item) }),
    });
    return this.#send(`?${query.toString()}`, file, onProgress);
  }

  /** Puts in a new version; the others stay. */
  revise(number: number, file: File, onProgress: (part: number) => void): Promise<Fetched<Document>> {
    return this.#send(`/${number}/versions?${new URLSearchParams({ name: file.name }).toString()}`, file, onProgress);
  }

  #path(rest: string): string {
    return `/api/v1/meetings/${encodeURIComponent(this.#meeting() ?? '')}/documents${rest}`;
  }

  #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.#token}` };
  }

  /** Only the older interface tells how much of a file has left. */
  #send(rest: string, file: File, onProgress: (part: number) => void): Promise<Fetched<Document>> {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.upload.onprogress = ({ loaded, total }) => { onProgress(total === 0 ? 1 : loaded / total); };
      request.onload = () => {
        if (request.status < 300) resolve({ type: 'ok', value: JSON.parse(request.responseText) as Document });
        else if (request.status >= 502) resolve({ type: 'unreachable' });
        else resolve({ type: 'refused', code: codeOf(request.responseText) });
      };
      request.onerror = () => { resolve({ type: 'unreachable' }); };
      request.open('POST', this.#path(rest));
      request.setRequestHeader('authorization', `Bearer ${this.#token}`);
      request.setRequestHeader('content-type', 'application/octet-stream');
      request.send(file);
    });
  }
}

function codeOf(body: string) {
  try {
    return parseErrorCode((JSON.parse(body) as { code?: unknown }).code);
  } catch {
    return parseErrorCode(null);
  }
}
