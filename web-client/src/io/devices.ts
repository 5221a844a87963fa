/**
 * Our own microphone, camera and loudspeaker: opening, choosing, and saying
 * what is wrong with them.
 */
import { assertNever } from '../core/assertNever';
import type { DeviceFault } from '../core/notice';
import type { CaptureSize } from '../core/publish';
import { Store } from '../core/store';
import { preferences, remember } from './storage';

export type DeviceKind = 'microphone' | 'camera' | 'speaker';

export interface InputState {
  readonly track: MediaStreamTrack | null;
  readonly opening: boolean;
  readonly fault: DeviceFault | null;
}

interface DeviceChoice {
  readonly id: string;
  readonly label: string;
}

export interface Devices {
  readonly microphone: InputState;
  readonly camera: InputState;
  readonly choices: Readonly<Record<DeviceKind, readonly DeviceChoice[]>>;
  /** The chosen device of each kind; empty for the system's choice. */
  readonly chosen: Readonly<Record<DeviceKind, string>>;
}

const CLOSED: InputState = { track: null, opening: false, fault: null };

export class LocalMedia {
  readonly store: Store<Devices>;
  readonly #capture: CaptureSize;
  #stop = new AbortController();

  constructor(capture: CaptureSize) {
    this.#capture = capture;
    const { microphone = '', camera = '', speaker = '' } = preferences();
    this.store = new Store<Devices>({
      microphone: CLOSED,
      camera: CLOSED,
      choices: { microphone: [], camera: [], speaker: [] },
      chosen: { microphone, camera, speaker },
    });
  }

  /** Listens to the browser, until `dispose`. */
  attach(): void {
    this.#stop = new AbortController();
    if (!isSupported()) return;
    navigator.mediaDevices.addEventListener('devicechange', () => void this.#list(), { signal: this.#stop.signal });
  }

  /** Opens a device; true when it gives sound or picture. */
  async open(kind: 'microphone' | 'camera'): Promise<boolean> {
    const before = this.store.get()[kind];
    if (before.track?.readyState === 'live') return true;
    if (before.opening) return this.#opened(kind);
    this.#set(kind, { track: null, opening: true, fault: null });
    const result = await this.#capturing(kind);
    if (this.#stop.signal.aborted || !this.store.get()[kind].opening) {
      if (typeof result !== 'string') result.stop();
      return false;
    }
    if (typeof result === 'string') {
      this.#set(kind, { track: null, opening: false, fault: result });
    } else {
      // A device that is pulled out ends its track.
      result.addEventListener('ended', () => {
        if (this.store.get()[kind].track === result) this.#set(kind, { track: null, opening: false, fault: 'missing' });
      });
      this.#set(kind, { track: result, opening: false, fault: null });
    }
    await this.#list();
    return typeof result !== 'string';
  }

  /** Lets go of a device: its light goes out. */
  close(kind: 'microphone' | 'camera'): void {
    this.store.get()[kind].track?.stop();
    this.#set(kind, CLOSED);
  }

  /** Takes another device; an open one is exchanged. */
  async choose(kind: DeviceKind, id: string): Promise<void> {
    this.store.patch({ chosen: { ...this.store.get().chosen, [kind]: id } });
    remember({ [kind]: id });
    switch (kind) {
      case 'speaker':
        return;
      case 'microphone':
      case 'camera': {
        const { track, fault } = this.store.get()[kind];
        if (track === null && fault === null) return;
        const enabled = track?.enabled ?? true;
        this.close(kind);
        await this.open(kind);
        const reopened = this.store.get()[kind].track;
        if (reopened !== null) reopened.enabled = enabled;
        return;
      }
      default:
        assertNever(kind);
    }
  }

  /** Lets go of everything. */
  dispose(): void {
    this.#stop.abort();
    this.close('microphone');
    this.close('camera');
  }

  #set(kind: 'microphone' | 'camera', state: InputState): void {
    this.store.patch({ [kind]: state });
  }

  /** Waits for an opening that is under way. */
  #opened(kind: 'microphone' | 'camera'): Promise<boolean> {
    return new Promise((resolve) => {
      const stop = this.store.subscribe(() => {
        const state = this.store.get()[kind];
        if (state.opening) return;
        stop();
        resolve(state.track !== null);
      });
    });
  }

  async #capturing(kind: 'microphone' | 'camera'): Promise<MediaStreamTrack | DeviceFault> {
    if (!isSupported()) return 'unsupported';
    const id = this.store.get().chosen[kind];
    try {
      const stream = await navigator.mediaDevices.getUserMedia(
        kind === 'microphone' ? { audio: soundOf(id) } : { video: pictureOf(id, this.#capture) },
      );
      const [track] = stream.getTracks();
      return track ?? 'missing';
    } catch (error) {
      return faultOf(error);
    }
  }

  async #list(): Promise<void> {
    const all = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    const of = (kind: MediaDeviceKind): DeviceChoice[] =>
      all
        .filter((device) => device.kind === kind && device.deviceId !== '' && device.deviceId !== 'default')
        .map((device) => ({ id: device.deviceId, label: device.label }));
    this.store.patch({
      choices: { microphone: of('audioinput'), camera: of('videoinput'), speaker: of('audiooutput') },
    });
  }
}

/** Asks for a screen, with its sound where the browser has it; nothing when the user says no. */
export async function captureScreen(): Promise<MediaStream | DeviceFault | null> {
  if (!isSupported() || !('getDisplayMedia' in navigator.mediaDevices)) return 'unsupported';
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } }, audio: true });
    const [picture] = stream.getVideoTracks();
    if (picture !== undefined) picture.contentHint = 'detail';
    return stream;
  } catch (error) {
    const fault = faultOf(error);
    return fault === 'denied' ? null : fault;
  }
}

export function canShareScreen(): boolean {
  return isSupported() && 'getDisplayMedia' in navigator.mediaDevices;
}

/** Absent on pages that are neither HTTPS nor on this machine. */
function isSupported(): boolean {
  return 'mediaDevices' in navigator;
}

function soundOf(id: string): MediaTrackConstraints {
  return { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...preferred(id) };
}

function pictureOf(id: string, { width, height }: CaptureSize): MediaTrackConstraints {
  return { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: 25, max: 30 }, ...preferred(id) };
}

/** `ideal`: a remembered device that is gone gives way to another. */
function preferred(id: string): MediaTrackConstraints {
  return id === '' ? {} : { deviceId: { ideal: id } };
}

function faultOf(error: unknown): DeviceFault {
  const name = error instanceof Error ? error.name : '';
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing';
    case 'NotReadableError':
    case 'AbortError':
      return 'in_use';
    default:
      return 'failed';
  }
}
