import type { Arrangement } from '../core/arrange';
import type { MediaHealth } from '../core/media';
import type { Meeting } from '../core/meeting';
import type { ErrorCode, LineQuality, LobbyView, MeetingEnd, ParticipantId } from '../core/protocol';

/** What the page draws. */
export interface SessionView {
  readonly phase: 'connecting' | 'live' | 'reconnecting' | 'closed';
  readonly closed: ErrorCode | 'left' | null;
  readonly health: MediaHealth;
  /** What our line carries to us. */
  readonly line: LineQuality;
  readonly meeting: Meeting | null;
  /** The end of the meeting, where it is over. */
  readonly end: MeetingEnd | null;
  /** What is seen while waiting to be let in. */
  readonly lobby: LobbyView | null;
  readonly speaking: readonly ParticipantId[];
  readonly arrangement: Arrangement;
  /** Whose screen the viewer chose, of several. */
  readonly screen: ParticipantId | null;
}
