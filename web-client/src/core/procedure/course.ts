/** Whether the meeting is rehearsed, or over. */
import { assertNever } from '../assertNever';
import type { AgendaItem, Course, CourseEvent, Procedure, Snapshot } from '../protocol';

export function applyCourse(snapshot: Snapshot, at: number, event: CourseEvent): Snapshot {
  switch (event.what) {
    case 'rehearsal_began':
      return {
        ...snapshot,
        meeting: { ...snapshot.meeting, title: event.title, host_unit: event.host_unit, opened_at: at },
        procedure: { ...snapshot.procedure, course: { rehearsal: true, ended_at: null } },
      };
    case 'planned':
      return withCourse(snapshot, {
        planned: event.time,
        recorded: event.recorded,
        ...(event.most_sites === undefined ? {} : { most_sites: event.most_sites }),
      });
    case 'no_state_secrets':
      return withCourse(snapshot, { no_state_secrets: { organiser: event.organiser, at: event.at } });
    case 'invited': {
      const { participant, name, role, kind, unit } = event;
      const { awaited } = snapshot.procedure.course;
      return withCourse(snapshot, { awaited: { ...awaited, [participant]: { name, role, kind, unit } } });
    }
    case 'ended':
      return {
        ...snapshot,
        procedure: { ...snapshot.procedure, course: { ...snapshot.procedure.course, ended_at: at } },
      };
    default:
      return assertNever(event);
  }
}

function withCourse(snapshot: Snapshot, change: Partial<Course>): Snapshot {
  const { procedure } = snapshot;
  return { ...snapshot, procedure: { ...procedure, course: { ...procedure.course, ...change } } };
}

/** The meeting proper begins: what was rehearsed does not count. */
export function openedCourse({ agenda, conduct, course }: Procedure): Partial<Procedure> {
  return {
    course: { ...course, rehearsal: false },
    agenda: { ...agenda, current: null, items: agenda.items.map(untouched) },
    conduct: { ...conduct, notes: [] },
    roll_calls: { called: 0, open: null, last: null, checked: 0, check: null },
  };
}

function untouched(item: AgendaItem): AgendaItem {
  return { ...item, started_at: null, finished_at: null, running_since: null, spent: 0, over_time: false };
}
