/** Roll calls, and checks in between of whether people are there. */
import { assertNever } from '../assertNever';
import type { RollCallEvent, RollCalls } from '../protocol';

export function applyRollCall(calls: RollCalls, at: number, event: RollCallEvent): RollCalls {
  switch (event.what) {
    case 'opened':
      return {
        ...calls,
        called: event.number,
        open: { number: event.number, opened_at: at, here: event.here, answers: {} },
      };
    case 'answered': {
      if (calls.open === null) return calls;
      const answer = { headcount: event.headcount, delegates: event.delegates };
      return { ...calls, open: { ...calls.open, answers: { ...calls.open.answers, [event.participant]: answer } } };
    }
    case 'closed':
      return { ...calls, open: null, last: event.result };
    case 'check_opened': {
      const { number, asked, ends_at } = event;
      return { ...calls, checked: number, check: { number, asked, ends_at } };
    }
    case 'check_answered':
      if (calls.check === null) return calls;
      return {
        ...calls,
        check: { ...calls.check, asked: calls.check.asked.filter((id) => id !== event.participant) },
      };
    case 'check_closed':
      return { ...calls, check: null };
    default:
      return assertNever(event);
  }
}
