/** Recordings over REST. */
import type { Recording, RecordingEntry, Verification } from '../core/archive/recording';
import type { MeetingId } from '../core/protocol';
import { ask, type Fetched } from './rest';

const RECORDINGS = '/api/v1/recordings';

/** Who asks: an administrator's token, or the session's cookie where it is empty. */
export type Credential = string;

export function getRecordings(credential: Credential): Promise<Fetched<{ readonly recordings: readonly RecordingEntry[] }>> {
  return ask(RECORDINGS, { headers: bearer(credential) });
}

export function getRecording(credential: Credential, meeting: MeetingId): Promise<Fetched<Recording>> {
  return ask(addressOf(meeting), { headers: bearer(credential) });
}

/** Looks at every file of an archive; takes as long as reading them does. */
export function verifyRecording(credential: Credential, meeting: MeetingId): Promise<Fetched<Verification>> {
  return ask(`${addressOf(meeting)}/verify`, { headers: bearer(credential) });
}

/** Where a file of an archive is. */
export function fileAddress(meeting: MeetingId, path: string): string {
  return `${addressOf(meeting)}/files/${path.split('/').map(encodeURIComponent).join('/')}`;
}

export function bearer(credential: Credential): Record<string, string> {
  return credential === '' ? {} : { authorization: `Bearer ${credential}` };
}

export function addressOf(meeting: MeetingId): string {
  return `${RECORDINGS}/${encodeURIComponent(meeting)}`;
}
