/** People and meetings for tests. */
import type { Meeting } from './meeting';
import { PROCEDURE_AT_FIRST } from './procedure';
import type { Action, OfferedSlot, Participant, Role, Snapshot, SlotKind } from './protocol';

export function person(number: number, part: Partial<Participant> = {}): Participant {
  return {
    id: `p${number}`,
    number,
    name: `Điểm cầu ${number}`,
    role: 'operator' satisfies Role,
    kind: 'site',
    unit: null,
    presence: 'present',
    microphone: false,
    camera: true,
    screen: false,
    muted: false,
    hand_raised_at: null,
    ...part,
  };
}

export function snapshotOf(participants: readonly Participant[], part: Partial<Snapshot> = {}): Snapshot {
  return {
    meeting: { id: 'm', title: 'Họp giao ban', host_unit: 'UBND tỉnh', opened_at: 0 },
    participants: [...participants],
    chat: [],
    stage: { mode: 'follow_speaker', source: null },
    procedure: PROCEDURE_AT_FIRST,
    ...part,
  };
}

export function meetingOf(snapshot: Snapshot, you = 'p1', may: Action[] = []): Meeting {
  return { you: { participant: you, may }, snapshot };
}

/** Slots as the client offers them, with mids from 4. */
export function offeredSlots(): OfferedSlot[] {
  const kinds: SlotKind[] = ['stage_picture', 'stage_sound', 'sound', 'sound', 'sound', ...Array<SlotKind>(8).fill('picture'), 'screen'];
  return kinds.map((kind, index) => ({ mid: String(index + 4), kind }));
}
