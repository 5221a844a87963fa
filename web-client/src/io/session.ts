/**
 * A participant's stay in a meeting: performs the effects of the pure machines
 * and holds what the page draws.
 *
 * ```text
 *   Socket ──> stepConnection ──> effects ──> Socket, timer
 *                   │ deliver
 *                   ├──> meeting, notices ──> arrange ──> view
 *                   └──> stepMedia ──> effects ──> Peer, timer
 * ```
 */
import { arrange, NOTHING_ARRANGED, sameWishes, wishes } from '../core/arrange';
import { assertNever } from '../core/assertNever';
import { ServerClock } from '../core/clock';
import { newConnection, stepConnection, type Connection, type ConnectionEffect, type ConnectionInput, type Identity } from '../core/connection';
import type { Size, View } from '../core/geometry';
import { NO_MEDIA, stepMedia, type Media, type MediaEffect, type MediaInput } from '../core/media';
import { applyEvent, type Meeting } from '../core/meeting';
import { noticeOf, type Notice } from '../core/notice';
import { happeningOf } from '../core/procedure/happenings';
import { interpreterOf } from '../core/procedure/interpretation';
import type { AnnouncedEvent, Command, ErrorCode, IceServer, ParticipantId, ServerMessage, SlotWish, SourceLayer, VideoCodec, Welcome } from '../core/protocol';
import type { CaptureSize } from '../core/publish';
import { Store } from '../core/store';
import { FEW_PICTURES, isSound, MOST_PICTURES, Peer, type Slot } from './peer';
import { Roster } from './roster';
import type { SessionView } from './sessionView';
import { Socket } from './socket';
import { Interpreter } from './interpreter';
import { Sounds } from './sounds';
import { Timer } from './timer';
import { Tuner } from './tuner';

export type Answer = { readonly type: 'done' } | { readonly type: 'refused'; readonly code: ErrorCode } | { readonly type: 'lost' };

export type { SessionView } from './sessionView';

export interface SessionListener {
  /** We are in, for the first time or again. */
  welcomed(meeting: Meeting): void;
  happened(event: AnnouncedEvent, meeting: Meeting): void;
  /** There is a peer connection to send on. */
  peer(peer: Peer): void;
  closed(reason: ErrorCode | 'left'): void;
  /** A ballot paper was signed. */
  paper(number: number, signature: string): void;
  notice(notice: Notice): void;
}

/** Changes within this time make one layout message, in milliseconds. */
const LAYOUT_PAUSE = 100;

export class Session {
  readonly view: Store<SessionView>;
  readonly sounds = new Sounds();
  readonly clock = new ServerClock();
  readonly roster: Roster;
  /** The current peer connection. */
  readonly peer = new Store<Peer | null>(null);
  /** How many offers were made; restarts count. */
  negotiations = 0;

  readonly #capture: CaptureSize;
  readonly #listener: SessionListener;
  readonly #socket: Socket;
  readonly #answers = new Map<number, (answer: Answer) => void>();
  readonly #connectionTimer = new Timer();
  readonly #mediaTimer = new Timer();
  readonly #layoutTimer = new Timer();
  readonly #tuner = new Tuner(() => this.peer.get());
  readonly #interpreter = new Interpreter(() => this.peer.get(), this.sounds);
  #connection: Connection;
  #stop = new AbortController();
  #media: Media = NO_MEDIA;
  #iceServers: readonly IceServer[] = [];
  #codecs: readonly VideoCodec[] = [];
  #pictures = FEW_PICTURES;
  #nextId = 1;
  #room: Size = { width: 0, height: 0 };
  #layoutView: View = 'stage';
  #page = 0;
  #sentWishes: readonly SlotWish[] | null = null;
  /** The layers of our camera, if they are not those of the offer. */
  #layers: SourceLayer[] = [];

  constructor(identity: Identity, capture: CaptureSize, listener: SessionListener) {
    this.#capture = capture;
    this.#listener = listener;
    this.#connection = newConnection(identity);
    this.view = new Store<SessionView>({
      phase: 'connecting',
      closed: null,
      health: 'none',
      line: 'full',
      meeting: null,
      end: null,
      lobby: null,
      speaking: [],
      arrangement: NOTHING_ARRANGED,
      screen: null,
    });
    this.roster = new Roster(this.view, (message) => { this.#socket.send(message); });
    this.#socket = new Socket({
      opened: () => { this.#connect({ type: 'opened' }); },
      received: (message) => { this.#connect({ type: 'received', message, random: Math.random() }); },
      dropped: () => { this.#connect({ type: 'dropped', random: Math.random() }); },
    });
  }

  /** Listens to the browser, until `dispose`. */
  attach(): void {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    window.addEventListener('online', () => { this.#networkChanged(); }, { signal });
    document.addEventListener('visibilitychange', () => { this.#scheduleLayout(); }, { signal });
  }

  /** Begins, or begins again after the end. */
  start(): void {
    this.#connect({ type: 'start' });
  }

  leave(): void {
    this.#send({ type: 'leave' });
    this.#connect({ type: 'leave' });
  }

  /** The page is gone. */
  dispose(): void {
    this.#stop.abort();
    this.#connect({ type: 'leave' });
    this.#layoutTimer.clear();
    this.#tuner.dispose();
  }

  /** Asks for something; resolves when it is answered or cannot be any more. */
  command(command: Command): Promise<Answer> {
    if (this.#connection.phase.type !== 'live') return Promise.resolve({ type: 'lost' });
    const id = this.#send(command);
    return new Promise((resolve) => { this.#answers.set(id, resolve); });
  }

  /** Asks for something, and says so when it was not done. */
  async act(command: Command): Promise<boolean> {
    const answer = await this.command(command);
    switch (answer.type) {
      case 'done':
        return true;
      case 'refused':
        this.#listener.notice({ type: 'refused', code: answer.code });
        return false;
      case 'lost':
        this.#listener.notice({ type: 'not_sent' });
        return false;
      default:
        return assertNever(answer);
    }
  }

  /** The room that the page has for pictures, and how it uses it. */
  arrangeIn(room: Size, view: View): void {
    if (view !== this.#layoutView) this.#page = 0;
    this.#room = room;
    this.#layoutView = view;
    this.#rearrange();
  }

  /** Turns to a page of the grid, from 0. */
  turnTo(page: number): void {
    this.#page = Math.max(0, page);
    this.#rearrange();
  }

  /** Of several shared screens, shows this one. */
  showScreenOf(participant: ParticipantId): void {
    this.view.patch({ screen: participant });
    this.#rearrange();
  }

  /** The heights of our camera's layers changed. */
  setLayers(layers: SourceLayer[]): void {
    this.#layers = layers;
    this.#sendLayers();
  }

  slot(mid: string): Slot | undefined {
    return this.peer.get()?.slot(mid);
  }

  #send(command: Command): number {
    const id = this.#nextId++;
    this.#socket.send({ type: 'command', id, command });
    return id;
  }

  // The connection

  #connect(input: ConnectionInput): void {
    const [state, effects] = stepConnection(this.#connection, input);
    this.#connection = state;
    for (const effect of effects) this.#performConnection(effect);
    this.#showPhase();
  }

  #performConnection(effect: ConnectionEffect): void {
    switch (effect.type) {
      case 'open_socket':
        this.#socket.open();
        return;
      case 'close_socket':
        this.#socket.close();
        return;
      case 'send':
        this.#socket.send(effect.message);
        return;
      case 'set_timer':
        this.#connectionTimer.set(effect.after, () => { this.#connect({ type: 'timer', random: Math.random() }); });
        return;
      case 'clear_timer':
        this.#connectionTimer.clear();
        return;
      case 'deliver':
        this.#deliver(effect.message);
        return;
      case 'lost':
        this.#lost();
        return;
      default:
        assertNever(effect);
    }
  }

  #showPhase(): void {
    const { phase, wasLive } = this.#connection;
    const before = this.view.get().phase;
    switch (phase.type) {
      case 'live':
        this.view.patch({ phase: 'live', closed: null });
        if (before === 'reconnecting') this.#listener.notice({ type: 'reconnected' });
        return;
      case 'closed':
        if (before === 'closed') return;
        this.view.patch({ phase: 'closed', closed: phase.reason });
        this.#mediate({ type: 'leave' });
        this.#listener.closed(phase.reason);
        return;
      case 'idle':
      case 'connecting':
      case 'waiting':
        this.view.patch({ phase: wasLive ? 'reconnecting' : 'connecting', closed: null });
        return;
      default:
        assertNever(phase);
    }
  }

  #lost(): void {
    for (const resolve of this.#answers.values()) resolve({ type: 'lost' });
    this.#answers.clear();
    this.#mediate({ type: 'lost' });
  }

  #networkChanged(): void {
    this.#connect({ type: 'online' });
    this.#mediate({ type: 'network_changed' });
  }

  // What the server says

  #deliver(message: ServerMessage): void {
    if (this.roster.hear(message)) this.#rearrange();
    switch (message.type) {
      case 'welcome':
        this.#welcomed(message);
        return;
      case 'lobby':
        this.view.patch({ lobby: message });
        return;
      case 'events':
        for (const { at } of message.events.slice(-1)) this.clock.hear(at, Date.now());
        this.#happened(message.events);
        return;
      case 'done':
        this.#answer(message.id, { type: 'done' });
        return;
      case 'refused':
        this.#answer(message.id, { type: 'refused', code: message.code });
        this.#mediate({ type: 'refused', id: message.id, code: message.code });
        return;
      case 'answer':
        this.#mediate(message);
        return;
      case 'slots':
        if (message.session !== this.#media.session) return;
        for (const { mid, source } of message.slots) this.slot(mid)?.told.set(source);
        return;
      case 'line':
        if (message.session === this.#media.session) this.view.patch({ line: message.quality });
        return;
      case 'wanted':
        if (message.session === this.#media.session) this.#tuner.take(message);
        return;
      case 'ballot_paper':
        this.#listener.paper(message.number, message.signature);
        return;
      case 'speaking':
        this.view.patch({ speaking: message.participants });
        this.#rearrange();
        return;
      case 'media_lost':
        this.#mediate(message);
        return;
      case 'ended':
        this.view.patch({ end: { at: message.at, closing_hash: message.closing_hash } });
        return;
      case 'problem':
        this.#listener.notice({ type: 'refused', code: message.code });
        return;
      case 'pong':
      case 'bye':
      case 'roster':
      case 'roster_changed':
        // The connection has dealt with them, or the roster has.
        return;
      default:
        assertNever(message);
    }
  }

  #welcomed(welcome: Welcome): void {
    const snapshot = welcome.snapshot ?? this.view.get().meeting?.snapshot;
    if (snapshot === undefined) return;
    this.#iceServers = welcome.ice_servers;
    this.#codecs = welcome.video_codecs;
    this.#sentWishes = null;
    const meeting = { you: welcome.you, snapshot };
    this.view.patch({ meeting, lobby: null });
    this.#happened(welcome.events);
    this.#mediate({ type: 'welcome', session: welcome.session });
    this.#rearrange();
    this.#listener.welcomed(this.view.get().meeting ?? meeting);
  }

  #happened(events: readonly AnnouncedEvent[]): void {
    for (const event of events) {
      const before = this.view.get().meeting;
      if (before === null) return;
      const meeting = { ...before, snapshot: applyEvent(before.snapshot, event) };
      this.view.patch({ meeting });
      // What the chair puts on the stage is for everyone.
      if (event.event.type === 'stage_set' && event.event.by !== null) this.view.patch({ screen: null });
      const notice = noticeOf(event, meeting.snapshot, meeting.you.participant) ?? happeningOf(event, meeting);
      if (notice !== null) this.#listener.notice(notice);
      this.#listener.happened(event, meeting);
    }
    this.#rearrange();
  }

  #answer(id: number, answer: Answer): void {
    this.#answers.get(id)?.(answer);
    this.#answers.delete(id);
  }

  // The media

  #mediate(input: MediaInput): void {
    const [state, effects] = stepMedia(this.#media, input);
    this.#media = state;
    this.view.patch({ health: state.health });
    for (const effect of effects) this.#performMedia(effect);
  }

  #performMedia(effect: MediaEffect): void {
    switch (effect.type) {
      case 'new_peer':
        this.#newPeer();
        return;
      case 'offer':
        void this.#offer(effect.restart, true);
        return;
      case 'grow':
        this.#pictures = MOST_PICTURES;
        this.peer.get()?.grow(this.#pictures);
        void this.#offer(effect.session, false);
        return;
      case 'accept':
        void this.#accept(effect.sdp);
        return;
      case 'close_peer':
        this.peer.get()?.close();
        this.peer.set(null);
        this.sounds.clear();
        return;
      case 'set_timer':
        this.#mediaTimer.set(effect.after, () => { this.#mediate({ type: 'timer' }); });
        return;
      case 'clear_timer':
        this.#mediaTimer.clear();
        return;
      default:
        assertNever(effect);
    }
  }

  #newPeer(): void {
    this.peer.get()?.close();
    const options = { iceServers: this.#iceServers, capture: this.#capture, codecs: this.#codecs, pictures: this.#pictures };
    const peer: Peer = new Peer(options, (state) => {
      if (this.peer.get() !== peer) return;
      this.#mediate({ type: 'ice', state });
      this.#rearrange();
    });
    this.peer.set(peer);
    this.view.patch({ line: 'full' });
    this.#tuner.take({ type: 'new_session' });
    this.#listener.peer(peer);
  }

  /** Offers for a new session, or for one that is there: on another path, or with more slots on the same. */
  async #offer(session: string | null, isRestart: boolean): Promise<void> {
    const peer = this.peer.get();
    if (peer === null) return;
    try {
      const offer = await peer.offer(session !== null && isRestart);
      if (this.peer.get() !== peer) return;
      const id = this.#nextId++;
      this.negotiations += 1;
      this.#mediate({ type: 'offered', id });
      this.#socket.send({ type: 'offer', id, session, offer });
      this.#rearrange();
    } catch {
      if (this.peer.get() === peer) this.#mediate({ type: 'fault' });
    }
  }

  async #accept(sdp: string): Promise<void> {
    const peer = this.peer.get();
    if (peer === null) return;
    try {
      await peer.accept(sdp);
      if (this.peer.get() !== peer) return;
      for (const slot of peer.slots) {
        const stream = slot.stream.get();
        if (isSound(slot.kind) && stream !== null) this.sounds.play(slot.mid, stream);
      }
      this.#sentWishes = null;
      this.#sendLayers();
      this.#rearrange();
    } catch {
      if (this.peer.get() === peer) this.#mediate({ type: 'fault' });
    }
  }

  // The layout

  #rearrange(): void {
    const { meeting, speaking, arrangement } = this.view.get();
    this.#interpreter.listenTo(
      meeting === null ? null : interpreterOf(meeting.snapshot.procedure.interpretation, meeting.you.participant),
    );
    if (meeting === null || this.#room.width === 0) return;
    const slots = this.peer.get()?.slots ?? [];
    this.view.patch({
      arrangement: arrange(arrangement, {
        meeting,
        speaking,
        room: this.#room,
        view: this.#layoutView,
        page: this.#page,
        screen: this.view.get().screen,
        slots,
      }),
    });
    const { pictures, page } = this.view.get().arrangement;
    this.#page = page;
    if (pictures > this.#pictures) this.#mediate({ type: 'grow' });
    this.#scheduleLayout();
  }

  #scheduleLayout(): void {
    this.#layoutTimer.set(LAYOUT_PAUSE, () => { this.#sendLayout(); });
  }

  #sendLayers(): void {
    if (this.#layers.length === 0 || this.#connection.phase.type !== 'live' || this.#media.session === null) return;
    this.#socket.send({ type: 'layers', kind: 'camera', layers: this.#layers });
  }

  #sendLayout(): void {
    const peer = this.peer.get();
    if (peer === null || this.#connection.phase.type !== 'live' || this.#media.session === null) return;
    const wanted = wishes(this.view.get().arrangement, peer.slots, devicePixelRatio, document.hidden);
    if (this.#sentWishes !== null && sameWishes(this.#sentWishes, wanted)) return;
    this.#sentWishes = wanted;
    this.#socket.send({ type: 'layout', wishes: wanted });
  }
}
