/** The agenda: items in order, one of them dealt with now. */
import { assertNever } from '../assertNever';
import type { Agenda, AgendaEvent, AgendaItem } from '../protocol';

export function applyAgenda(agenda: Agenda, at: number, event: AgendaEvent): Agenda {
  switch (event.what) {
    case 'added': {
      const { number, title, minutes, speakers, documents } = event;
      const item: AgendaItem = {
        number,
        title,
        minutes,
        speakers,
        documents,
        started_at: null,
        finished_at: null,
        running_since: null,
        spent: 0,
        over_time: false,
      };
      return { ...agenda, numbered: Math.max(agenda.numbered, number), items: [...agenda.items, item] };
    }
    case 'changed': {
      const { title, minutes, speakers, documents } = event;
      return change(agenda, event.number, (item) => ({
        title,
        minutes,
        speakers,
        documents,
        over_time: item.over_time && item.minutes === minutes,
      }));
    }
    case 'reordered': {
      const place = ({ number }: AgendaItem): number => event.numbers.indexOf(number);
      return { ...agenda, items: [...agenda.items].sort((a, b) => place(a) - place(b)) };
    }
    case 'removed':
      return { ...agenda, items: agenda.items.filter(({ number }) => number !== event.number) };
    case 'started': {
      const started = change(agenda, event.number, (item) => ({
        started_at: item.started_at ?? at,
        finished_at: null,
        running_since: at,
      }));
      return { ...started, current: event.number };
    }
    case 'finished': {
      const finished = change(agenda, event.number, (item) => ({
        spent: item.spent + (item.running_since === null ? 0 : Math.max(0, at - item.running_since)),
        running_since: null,
        finished_at: at,
      }));
      return { ...finished, current: null };
    }
    case 'over_time':
      return change(agenda, event.number, () => ({ over_time: true }));
    default:
      return assertNever(event);
  }
}

function change(agenda: Agenda, number: number, how: (item: AgendaItem) => Partial<AgendaItem>): Agenda {
  return {
    ...agenda,
    items: agenda.items.map((item) => (item.number === number ? { ...item, ...how(item) } : item)),
  };
}
