/**
 * Sources, and how a packet says whose it is: every forwarded packet carries
 * the CSRC `number * 4 + kind` (RFC 3550 §5.1).
 */
import type { Participant, SourceKind, SourceRef } from './protocol';

/** The kinds in the order of their numbers in a CSRC. */
const KINDS: readonly [SourceKind, SourceKind, SourceKind, SourceKind] = [
  'microphone',
  'camera',
  'screen',
  'screen_audio',
];

/** What `getContributingSources()` tells of one source. */
export interface ContributingSource {
  /** The CSRC. */
  readonly source: number;
  /** The RTP timestamp of the newest packet of that source. */
  readonly rtpTimestamp: number;
}

/** The participant's number and the kind behind a CSRC. */
export function decodeCsrc(csrc: number): { number: number; kind: SourceKind } {
  const kind = KINDS[csrc & 3] ?? 'microphone';
  return { number: Math.floor(csrc / 4), kind };
}

/**
 * Which source a frame with the RTP timestamp `timestamp` came from: the one
 * whose newest packet is the first at or after the frame. Packets run ahead of
 * the picture by the jitter buffer, so right after a switch both sources are
 * listed. In Firefox the list is a frame behind: there it is the one that is
 * least behind. RTP timestamps wrap at 32 bits.
 */
export function csrcOfFrame(entries: readonly ContributingSource[], timestamp: number): number | null {
  const ahead = ({ rtpTimestamp }: ContributingSource): number => (rtpTimestamp - timestamp) | 0;
  let best: ContributingSource | null = null;
  for (const entry of entries) {
    if (best === null || isNearer(ahead(entry), ahead(best))) best = entry;
  }
  return best?.source ?? null;
}

/** At or after the frame counts before everything behind it. */
function isNearer(ahead: number, best: number): boolean {
  if (ahead >= 0) return best < 0 || ahead < best;
  return best < 0 && ahead > best;
}

/** The source behind a CSRC, if its participant is known. */
export function sourceOfCsrc(csrc: number, participants: readonly Participant[]): SourceRef | null {
  const { number, kind } = decodeCsrc(csrc);
  const owner = participants.find((participant) => participant.number === number);
  return owner === undefined ? null : { participant: owner.id, kind };
}

export function sameSource(a: SourceRef | null, b: SourceRef | null): boolean {
  if (a === null || b === null) return a === b;
  return a.participant === b.participant && a.kind === b.kind;
}
