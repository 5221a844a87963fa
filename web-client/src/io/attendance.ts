/**
 * Our own part in a meeting: microphone, camera, screen and hand, kept in step
 * between devices, peer connection and meeting. What the user wants shows at
 * once; a refusal takes it back.
 */
import { assertNever } from '../core/assertNever';
import type { Identity } from '../core/connection';
import { self, type Meeting } from '../core/meeting';
import { isShown, type Notice } from '../core/notice';
import { maySound } from '../core/procedure/microphones';
import type { AnnouncedEvent, Command, ErrorCode } from '../core/protocol';
import { type CaptureSize, reconcile, type Wanted } from '../core/publish';
import { Store } from '../core/store';
import { captureScreen, type LocalMedia } from './devices';
import { Documents } from './documents';
import { exposeDiagnostics } from './diagnostics';
import { sizeOf } from './encoders';
import type { Peer } from './peer';
import { SecretVotes } from './secretVotes';
import { Session } from './session';
import { forgetJoined, rememberJoined } from './storage';
import { Timer } from './timer';

export interface Saying {
  readonly id: number;
  readonly notice: Notice;
}

/** What the page draws of ourselves. */
export interface Own extends Wanted {
  /** The screen that we share. */
  readonly screen: MediaStream | null;
}

/** How long a notice stays, in milliseconds. */
const NOTICE_STAYS = 6_000;
const NOTICES_SHOWN = 3;

export class Attendance {
  readonly session: Session;
  readonly own: Store<Own>;
  readonly secretVotes: SecretVotes;
  readonly documents: Documents;
  /** Why we were removed, where that was said. */
  readonly removal = new Store<string | null>(null);
  /** Notices on the page now. */
  readonly notices = new Store<readonly Saying[]>([]);
  /** The newest notice of any kind, to be read out. */
  readonly said = new Store<Saying | null>(null);

  readonly #media: LocalMedia;
  readonly #identity: Identity;
  readonly #expiry = new Timer();
  #unsubscribe: readonly (() => void)[] = [];
  #sayings = 0;
  #layersHeight = 0;

  constructor(identity: Identity, media: LocalMedia, capture: CaptureSize, wanted: Wanted) {
    this.#identity = identity;
    this.#media = media;
    this.own = new Store<Own>({ ...wanted, screen: null });
    this.session = new Session(identity, capture, {
      welcomed: (meeting) => { this.#welcomed(meeting); },
      happened: (event, meeting) => { this.#happened(event, meeting); },
      peer: (peer) => { this.#publish(peer); },
      closed: (reason) => { this.#closed(reason); },
      paper: (number, signature) => void this.secretVotes.receive(number, signature),
      notice: (notice) => { this.say(notice); },
    });
    this.secretVotes = new SecretVotes(
      () => this.session.view.get().meeting?.snapshot.meeting.id ?? null,
      (command) => this.session.command(command),
    );
    this.documents = new Documents(identity.token, () => this.session.view.get().meeting?.snapshot.meeting.id ?? null);
  }

  /** Goes in, and stays until `dispose`. */
  attend(): void {
    this.session.attach();
    this.#unsubscribe = [
      this.#media.store.subscribe(() => { this.#devicesChanged(); }),
      exposeDiagnostics(this.session),
    ];
    this.#routeSound();
    this.start();
  }

  /** Goes in again after the end. */
  start(): void {
    const { microphone, camera } = this.own.get();
    // What is not wanted is let go of, so that its light goes out.
    if (microphone) void this.#media.open('microphone');
    else this.#media.close('microphone');
    if (camera) void this.#media.open('camera');
    else this.#media.close('camera');
    this.session.start();
  }

  leave(): void {
    this.session.leave();
  }

  dispose(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#expiry.clear();
    this.session.dispose();
    stopAll(this.own.get().screen);
  }

  async setMicrophone(on: boolean): Promise<void> {
    this.#want({ microphone: on });
    this.#enableMicrophone();
    if (on && !(await this.#opens('microphone'))) return;
    this.#enableMicrophone();
    if (this.own.get().microphone !== on) return;
    if (await this.#isRefused({ type: 'set_microphone', on })) this.#takeBack('microphone');
  }

  /** Answers whoever asks for our microphone; it is opened first, for the meeting takes a yes at its word. */
  async answerRequest(accept: boolean): Promise<void> {
    if (accept) {
      this.#want({ microphone: true });
      if (!(await this.#opens('microphone'))) return;
      this.#enableMicrophone();
    }
    if ((await this.#isRefused({ type: 'microphones', what: 'answer', accept })) && accept) this.#takeBack('microphone');
  }

  async setCamera(on: boolean): Promise<void> {
    this.#want({ camera: on });
    if (on && !(await this.#opens('camera'))) return;
    if (this.own.get().camera !== on) return;
    if (!on) this.#media.close('camera');
    this.#devicesChanged();
    if (await this.#isRefused({ type: 'set_camera', on })) this.#takeBack('camera');
  }

  async setScreen(on: boolean): Promise<void> {
    if (!on) {
      this.#endScreen();
      await this.#isRefused({ type: 'set_screen', on: false });
      return;
    }
    const stream = await captureScreen();
    if (stream === null) return;
    if (typeof stream === 'string') {
      this.say({ type: 'share_failed' });
      return;
    }
    // The browser's own bar can end it, too.
    stream.getVideoTracks()[0]?.addEventListener('ended', () => {
      if (this.own.get().screen === stream) void this.setScreen(false);
    });
    this.own.patch({ screen: stream });
    this.#publishCurrent();
    if (await this.#isRefused({ type: 'set_screen', on: true })) this.#endScreen();
  }

  say(notice: Notice): void {
    const saying = { id: ++this.#sayings, notice };
    this.said.set(saying);
    if (!isShown(notice)) return;
    this.notices.set([...this.notices.get(), saying].slice(-NOTICES_SHOWN));
    this.#expiry.set(NOTICE_STAYS, () => { this.notices.set([]); });
  }

  dismiss(id: number): void {
    this.notices.set(this.notices.get().filter((saying) => saying.id !== id));
  }

  #welcomed(meeting: Meeting): void {
    const { microphone, camera } = this.#media.store.get();
    const own = this.own.get();
    const present = self(meeting);
    this.#want({
      microphone: own.microphone && microphone.fault === null && (present === undefined || maySound(meeting.snapshot.procedure, present)),
      camera: own.camera && camera.fault === null,
    });
    this.#enableMicrophone();
    for (const command of reconcile(meeting, this.own.get(), this.own.get().screen !== null)) {
      void this.session.command(command);
    }
  }

  #happened({ event }: AnnouncedEvent, meeting: Meeting): void {
    const own = self(meeting);
    if (own === undefined) return;
    if (event.type === 'admission' && event.what === 'removed' && event.participant === own.id) this.removal.set(event.reason);
    const isOpened = event.type === 'microphones' && event.what === 'opened' && event.participant === own.id;
    const isClosed = this.own.get().microphone && !maySound(meeting.snapshot.procedure, own);
    if (!isOpened && !isClosed) return;
    this.#want({ microphone: isOpened });
    this.#enableMicrophone();
  }

  #closed(reason: ErrorCode | 'left'): void {
    if (reason === 'left' || reason === 'taken_over' || reason === 'removed' || reason === 'meeting_ended') forgetJoined();
    stopAll(this.own.get().screen);
    this.own.patch({ screen: null });
    this.#media.close('microphone');
    this.#media.close('camera');
  }

  /**
   * Tells the meeting; true when it says no. A wish that did not get through
   * stays, and is said again on coming back.
   */
  async #isRefused(command: Command): Promise<boolean> {
    const answer = await this.session.command(command);
    if (answer.type === 'refused') this.say({ type: 'refused', code: answer.code });
    return answer.type === 'refused';
  }

  /** Opens a device; when it cannot be opened, says why and stops wanting it. */
  async #opens(kind: 'microphone' | 'camera'): Promise<boolean> {
    if (await this.#media.open(kind)) return true;
    this.#want({ [kind]: false });
    const { fault } = this.#media.store.get()[kind];
    if (fault !== null) this.say({ type: 'device', kind, fault });
    return false;
  }

  /** Says what the user wants now, on the page and for a reload. */
  #want(part: Partial<Wanted>): void {
    this.own.patch(part);
    const { microphone, camera } = this.own.get();
    const { phase, meeting } = this.session.view.get();
    if (meeting === null || phase === 'closed') return;
    rememberJoined({ participant: meeting.you.participant, name: this.#identity.name, microphone, camera });
  }

  /** The meeting did not agree: back to what it says. */
  #takeBack(kind: 'microphone' | 'camera'): void {
    const { meeting } = this.session.view.get();
    if (meeting === null) return;
    const own = self(meeting);
    switch (kind) {
      case 'microphone':
        this.#want({ microphone: own?.microphone === true && !own.muted });
        this.#enableMicrophone();
        return;
      case 'camera':
        this.#want({ camera: own?.camera === true });
        if (own?.camera !== true) this.#media.close('camera');
        this.#publishCurrent();
        return;
      default:
        assertNever(kind);
    }
  }

  #enableMicrophone(): void {
    const { track } = this.#media.store.get().microphone;
    if (track !== null) track.enabled = this.own.get().microphone;
  }

  #devicesChanged(): void {
    const { microphone, camera } = this.#media.store.get();
    const own = this.own.get();
    this.#enableMicrophone();
    this.#routeSound();
    this.#publishCurrent();
    if (this.session.view.get().phase !== 'live') return;
    // A device that was pulled out, or could not be opened.
    if (own.microphone && microphone.fault !== null) void this.setMicrophone(false);
    if (own.camera && camera.fault !== null) void this.setCamera(false);
  }

  #publishCurrent(): void {
    const peer = this.session.peer.get();
    if (peer !== null) this.#publish(peer);
  }

  #publish(peer: Peer): void {
    const { microphone, camera } = this.#media.store.get();
    const { camera: cameraWanted, screen } = this.own.get();
    const picture = cameraWanted ? camera.track : null;
    void peer.put('microphone', microphone.track);
    void peer.put('camera', picture);
    void peer.put('screen', screen?.getVideoTracks()[0] ?? null);
    void peer.put('screen_audio', screen?.getAudioTracks()[0] ?? null);
    const size = sizeOf(picture);
    if (size === null || size.height === this.#layersHeight) return;
    this.#layersHeight = size.height;
    this.session.setLayers(peer.cameraLayers(size));
  }

  #endScreen(): void {
    stopAll(this.own.get().screen);
    this.own.patch({ screen: null });
    this.#publishCurrent();
  }

  #routeSound(): void {
    this.session.sounds.choose(this.#media.store.get().chosen.speaker);
  }
}

function stopAll(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
