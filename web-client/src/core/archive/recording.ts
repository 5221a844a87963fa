/** What the server says of recordings: lists, timelines, manifests, verdicts. Times are in milliseconds. */
import type { MeetingId, SourceKind } from '../protocol';

/** A recording, in a list. Whatever is not known before its archive is there is absent. */
export interface RecordingEntry {
  readonly meeting: MeetingId;
  /** The meeting goes on, or its files are being made; or the archive is there. */
  readonly state: 'under_way' | 'ready';
  readonly title: string | null;
  readonly host_unit: string | null;
  /** Since 1970 UTC. */
  readonly ended_at: number | null;
  /** All files, in bytes. */
  readonly size: number | null;
}

/** A recording whose archive is there. */
export interface Recording {
  readonly manifest: Manifest;
  readonly timeline: Timeline;
}

export interface Manifest {
  readonly meeting: MeetingId;
  readonly title: string;
  readonly host_unit: string;
  /** Since 1970 UTC. */
  readonly ended_at: number;
  /** Of the event log; every site was shown it at the end. */
  readonly closing_hash: string;
  readonly files: readonly ArchivedFile[];
}

export interface ArchivedFile {
  /** With `/` between the parts. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  readonly sha256: string;
}

/** What was recorded, and where. Times count from its beginning. */
export interface Timeline {
  /** Since 1970 UTC. */
  readonly began_at: number;
  readonly duration: number;
  /** What the stage showed and the meeting heard. */
  readonly programme: readonly Part[];
  readonly tracks: readonly TrackTimeline[];
  readonly chapters: readonly Mark[];
  readonly gaps: readonly Gap[];
}

/** A file, or a part of what several hold. */
export interface Part {
  readonly file: string;
  readonly codec: string;
  readonly from: number;
  readonly to: number;
}

export interface TrackTimeline {
  readonly number: number;
  readonly kind: SourceKind;
  readonly parts: readonly Part[];
  readonly gaps: readonly Gap[];
}

export type GapReason = 'paused' | 'recorder_stopped' | 'lost' | 'overload';

export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly reason: GapReason;
}

export type MarkKind = 'agenda' | 'stage' | 'speaker';

/** Something new begins: an item, another source on the stage, another speaker. */
export interface Mark {
  readonly at: number;
  readonly kind: MarkKind;
  readonly title: string;
}

/** What was found of an archive. */
export interface Verification {
  readonly verdict: 'whole' | 'signer_unknown' | 'broken';
  /** How many files were looked at. */
  readonly files: number;
  readonly events: number;
  /** The name of the key that signed, where the signature is right. */
  readonly key: string | null;
  readonly closing_hash: string | null;
  readonly findings: readonly Finding[];
}

/** Something that does not hold, and where. */
export type Finding = { readonly file: string } & (
  | { readonly fault: 'unreadable'; readonly reason: string }
  | { readonly fault: 'renamed'; readonly from: string }
  | { readonly fault: 'truncated'; readonly signed: number; readonly found: number }
  | { readonly fault: 'swapped'; readonly with: string }
  | { readonly fault: 'unknown_format'; readonly version: number }
  | { readonly fault: 'foreign_signer'; readonly key: string }
  | { readonly fault: 'event_unreadable' | 'event_altered' | 'chain_broken'; readonly seq: number }
  | { readonly fault: 'foreign_value'; readonly seq: number; readonly field: string }
  | { readonly fault: 'missing' | 'added' | 'altered' | 'malformed' | 'signature_wrong' | 'closing_hash_differs' }
);
