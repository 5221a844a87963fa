/** What of a large meeting's roster the page shows, and the asking for it. */
import { applyRosterChange, applyRosterPage, FIRST_WISH, naming, rosterMessage, type RosterWish } from '../core/roster';
import type { ClientMessage, ParticipantId, ServerMessage, Snapshot } from '../core/protocol';
import type { Store } from '../core/store';
import type { SessionView } from './sessionView';

export class Roster {
  readonly #view: Store<SessionView>;
  readonly #send: (message: ClientMessage) => void;
  #wish: RosterWish = FIRST_WISH;

  constructor(view: Store<SessionView>, send: (message: ClientMessage) => void) {
    this.#view = view;
    this.#send = send;
  }

  /** Shows the page that begins with this number. */
  showFrom(first: number): void {
    this.#ask({ ...this.#wish, first });
  }

  /** Takes what is about the roster; says whether more of it is known now. */
  hear(message: ServerMessage): boolean {
    if (message.type === 'roster') return this.#learn((snapshot) => applyRosterPage(snapshot, message));
    if (message.type === 'roster_changed') return this.#learn((snapshot) => applyRosterChange(snapshot, message));
    // The server begins with the first page.
    if (message.type === 'welcome') this.#wish = FIRST_WISH;
    if (message.type === 'speaking') this.#name(message.participants);
    if (message.type === 'slots') this.#name(message.slots.flatMap(({ source }) => (source === null ? [] : [source.participant])));
    return false;
  }

  #learn(how: (snapshot: Snapshot) => Snapshot): boolean {
    const { meeting } = this.#view.get();
    if (meeting === null) return false;
    this.#view.patch({ meeting: { ...meeting, snapshot: how(meeting.snapshot) } });
    return true;
  }

  /** These are shown; whoever of them is not known is asked for. */
  #name(shown: readonly ParticipantId[]): void {
    const { meeting } = this.#view.get();
    if (meeting !== null) this.#ask(naming(this.#wish, meeting.snapshot, shown));
  }

  #ask(wish: RosterWish): void {
    if (wish === this.#wish) return;
    this.#wish = wish;
    this.#send(rosterMessage(wish));
  }
}
