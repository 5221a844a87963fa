/** How the meeting is conducted: announcements, a timer, a break, and chat. */
import { assertNever } from '../assertNever';
import type { Conduct, ConductEvent } from '../protocol';

/** As many messages, and notes, as the page keeps. */
const MESSAGES_KEPT = 1_000;

export function applyConduct(conduct: Conduct, at: number, event: ConductEvent): Conduct {
  switch (event.what) {
    case 'announced':
      return { ...conduct, announcement: { text: event.text, at, by: event.by } };
    case 'withdrawn':
      return { ...conduct, announcement: null };
    case 'timer_started':
      return { ...conduct, timer_ends_at: event.ends_at };
    case 'timer_ended':
      return { ...conduct, timer_ends_at: null };
    case 'paused':
      return { ...conduct, pause: { since: conduct.pause?.since ?? at, until: event.until } };
    case 'resumed':
      return { ...conduct, pause: null };
    case 'chat_set':
      return { ...conduct, chat: event.mode };
    case 'message_sent': {
      const messages = [...conduct.messages, { at, from: event.from, text: event.text }];
      return { ...conduct, messages: messages.slice(-MESSAGES_KEPT) };
    }
    case 'noted': {
      const notes = [...conduct.notes, { at, by: event.by, text: event.text, conclusion: event.conclusion }];
      return { ...conduct, notes: notes.slice(-MESSAGES_KEPT) };
    }
    default:
      return assertNever(event);
  }
}
