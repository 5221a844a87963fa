/** Group discussion: who is apart from whom. */
import { assertNever } from '../assertNever';
import type { Groups, GroupDiscussion, GroupsEvent, ParticipantId } from '../protocol';

/** As many messages as the page keeps. */
const MESSAGES_KEPT = 1_000;

export function applyGroups(groups: Groups, at: number, event: GroupsEvent): Groups {
  switch (event.what) {
    case 'opened': {
      const { members, ends_at } = event;
      const numbers = event.groups.map(({ number }) => number);
      return {
        numbered: Math.max(groups.numbered, ...numbers),
        open: { groups: event.groups, members, ends_at, calls: [], messages: [] },
      };
    }
    case 'moved':
      return change(groups, ({ members }) => {
        const others = Object.entries(members).filter(([id]) => id !== event.participant);
        const moved = event.group === null ? [] : [[event.participant, event.group] as const];
        return { members: Object.fromEntries([...others, ...moved]) };
      });
    case 'time_set':
      return change(groups, () => ({ ends_at: event.ends_at }));
    case 'called':
      return change(groups, ({ calls }) => ({
        calls: [...calls.filter((group) => group !== event.group), event.group].sort((a, b) => a - b),
      }));
    case 'answered':
      return change(groups, ({ calls }) => ({ calls: calls.filter((group) => group !== event.group) }));
    case 'message_sent': {
      const { group, from, text } = event;
      return change(groups, ({ messages }) => ({
        messages: [...messages, { group, at, from, text }].slice(-MESSAGES_KEPT),
      }));
    }
    case 'closed':
      return { ...groups, open: null };
    default:
      return assertNever(event);
  }
}

/** The group that somebody is in; none in the plenary. */
export function groupOf({ open }: Groups, id: ParticipantId): number | null {
  return open?.members[id] ?? null;
}

/** Whether two hear and see each other. */
export function areTogether(groups: Groups, a: ParticipantId, b: ParticipantId): boolean {
  return groupOf(groups, a) === groupOf(groups, b);
}

function change(groups: Groups, how: (open: GroupDiscussion) => Partial<GroupDiscussion>): Groups {
  return groups.open === null ? groups : { ...groups, open: { ...groups.open, ...how(groups.open) } };
}
