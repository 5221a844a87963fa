/** The floor: asked for by raising the hand, given, timed, taken back. */
import { assertNever } from '../assertNever';
import type { Floor, FloorEvent, FloorHolder, ParticipantId } from '../protocol';

export function applyFloor(floor: Floor, at: number, event: FloorEvent): Floor {
  switch (event.what) {
    case 'policy_set':
      return { ...floor, policy: event.policy };
    case 'ordered':
      return { ...floor, queue: event.queue };
    case 'given': {
      const holder: FloorHolder = {
        participant: event.participant,
        since: at,
        ends_at: event.ends_at,
        warned: event.ends_at === null || needsNoWarning(floor, at, event.ends_at),
        overdue: false,
      };
      return { ...floor, holders: [...floor.holders, holder] };
    }
    case 'warned':
      return change(floor, event.participant, { warned: true });
    case 'time_up':
      return change(floor, event.participant, { warned: true, overdue: true });
    case 'extended':
      return change(floor, event.participant, {
        ends_at: event.ends_at,
        warned: needsNoWarning(floor, at, event.ends_at),
        overdue: false,
      });
    case 'ended':
      return { ...floor, holders: floor.holders.filter(({ participant }) => participant !== event.participant) };
    default:
      return assertNever(event);
  }
}

/** A hand went up or down, or its owner left. */
export function applyHand(floor: Floor, id: ParticipantId, raised: boolean): Floor {
  const others = floor.queue.filter((asking) => asking !== id);
  return { ...floor, queue: raised ? [...others, id] : others };
}

function needsNoWarning({ policy }: Floor, at: number, endsAt: number): boolean {
  return policy.warn_before === 0 || endsAt - at <= policy.warn_before * 1_000;
}

function change(floor: Floor, id: ParticipantId, part: Partial<FloorHolder>): Floor {
  return {
    ...floor,
    holders: floor.holders.map((holder) => (holder.participant === id ? { ...holder, ...part } : holder)),
  };
}
