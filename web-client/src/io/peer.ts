/**
 * One `RTCPeerConnection`: a set of m-lines, negotiated once, and once more for
 * a large grid. What we send is put into it and taken out of it without
 * negotiating again; what we receive comes in slots, behind which the server
 * switches sources.
 */
import { audioCodecs, isScalable, videoCodecs } from '../core/codecs';
import { type Demand, isEncoded } from '../core/demand';
import type { IceServer, MediaOffer, OfferedSlot, OfferedSource, SlotKind, SourceKind, SourceLayer, SourceRef, VideoCodec } from '../core/protocol';
import { cameraEncodings, cameraLayers, type CaptureSize } from '../core/publish';
import { tuneSound } from '../core/sdp';
import { Store } from '../core/store';
import { Encoder, sizeOf } from './encoders';

/** One place where the server puts some track. */
export interface Slot {
  readonly mid: string;
  readonly kind: SlotKind;
  readonly receiver: RTCRtpReceiver;
  /** What to attach to an element, once the server has answered. The stage's picture and sound share one. */
  readonly stream: Store<MediaStream | null>;
  /** What the picture on the page shows now, by its packets. */
  readonly shown: Store<SourceRef | null>;
  /** What the server says that the slot shows; for browsers whose packets do not tell. */
  readonly told: Store<SourceRef | null>;
  /** Whether new pictures stay out. */
  readonly stalled: Store<boolean>;
}

const SOURCES: readonly SourceKind[] = ['microphone', 'camera', 'screen', 'screen_audio'];

/** What a connection begins with, beside its pictures. */
const SLOTS_BEFORE: readonly SlotKind[] = ['stage_picture', 'stage_sound', 'sound', 'sound', 'sound'];

/** The pictures of most meetings; and those of a full grid, which with the stage's are 25. */
export const FEW_PICTURES = 8;
export const MOST_PICTURES = 24;

export interface PeerOptions {
  readonly iceServers: readonly IceServer[];
  readonly capture: CaptureSize;
  /** The meeting's, the preferred one first. */
  readonly codecs: readonly VideoCodec[];
  /** How many slots for pictures. */
  readonly pictures: number;
}

const DEPENDENCY_DESCRIPTOR = 'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension';

interface HeaderExtension {
  readonly uri: string;
  readonly direction: RTCRtpTransceiverDirection;
}

/** With WebRTC's choice of header extensions, which TypeScript does not know yet, nor every browser. */
interface DescribingTransceiver extends RTCRtpTransceiver {
  getHeaderExtensionsToNegotiate?(): HeaderExtension[];
  setHeaderExtensionsToNegotiate?(extensions: readonly HeaderExtension[]): void;
}

interface Source {
  readonly kind: SourceKind;
  readonly transceiver: RTCRtpTransceiver;
  /** Pictures only. */
  readonly encoder: Encoder | null;
}

export class Peer {
  readonly connection: RTCPeerConnection;
  /** Filled by the first offer; those that came later are there once the server has answered. */
  slots: readonly Slot[] = [];
  readonly #options: PeerOptions;
  readonly #sources: readonly Source[];
  readonly #receivers: { kind: SlotKind; transceiver: RTCRtpTransceiver }[];
  readonly #streams = new Map<RTCRtpTransceiver, MediaStream>();

  constructor(options: PeerOptions, onIce: (state: RTCIceConnectionState) => void) {
    const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: options.iceServers.map(rtcIceServer) });
    this.#options = options;
    this.connection = connection;
    connection.addEventListener('iceconnectionstatechange', () => {
      onIce(connection.iceConnectionState);
    });
    connection.addEventListener('track', ({ transceiver, streams: [stream] }) => {
      if (stream !== undefined) this.#streams.set(transceiver, stream);
    });
    this.#sources = SOURCES.map((kind) => addSource(connection, kind, options));
    this.#receivers = [...SLOTS_BEFORE, ...picturesOf(options.pictures), 'screen' as const].map((kind) => this.#addSlot(kind));
  }

  /** Further slots for pictures, in the next offer. */
  grow(pictures: number): void {
    const missing = pictures - this.#receivers.filter(({ kind }) => kind === 'picture').length;
    this.#receivers.push(...picturesOf(Math.max(0, missing)).map((kind) => this.#addSlot(kind)));
  }

  /** Makes an offer; with `restart`, one that looks for another path. */
  async offer(restart: boolean): Promise<MediaOffer> {
    if (restart) this.connection.restartIce();
    await this.connection.setLocalDescription();
    if (this.slots.length === 0) this.slots = this.#receivers.map(newSlot);
    return {
      sdp: this.connection.localDescription?.sdp ?? '',
      slots: this.#receivers.map(({ kind, transceiver }): OfferedSlot => ({ mid: midOf(transceiver), kind })),
      sources: this.#sources.map(({ kind, transceiver }): OfferedSource => ({
        mid: midOf(transceiver),
        kind,
        layers: kind === 'camera' ? this.cameraLayers(sizeOf(transceiver.sender.track) ?? this.#options.capture) : [],
      })),
    };
  }

  /** The layers in which a camera with this picture is sent. */
  cameraLayers(picture: CaptureSize): SourceLayer[] {
    const { capture, codecs } = this.#options;
    return cameraLayers(capture, codecs[0], picture);
  }

  /** Takes the server's answer; from then on the slots have streams. */
  async accept(sdp: string): Promise<void> {
    await this.connection.setRemoteDescription({ type: 'answer', sdp: tuneSound(sdp) });
    this.slots = [...this.slots, ...this.#receivers.slice(this.slots.length).map(newSlot)];
    this.slots.forEach((slot, index) => {
      const transceiver = this.#receivers[index]?.transceiver;
      if (slot.stream.get() !== null || transceiver === undefined) return;
      slot.stream.set(this.#streams.get(transceiver) ?? new MediaStream([slot.receiver.track]));
    });
  }

  /** Sends a track as a source, or nothing. */
  async put(kind: SourceKind, track: MediaStreamTrack | null): Promise<void> {
    const source = this.#sources.find((one) => one.kind === kind);
    const sender = source?.transceiver.sender;
    if (sender === undefined || sender.track === track || this.connection.signalingState === 'closed') return;
    await sender.replaceTrack(track);
    await source?.encoder?.fit();
  }

  /** Encodes what somebody wants and no more. */
  tune(demand: Demand): void {
    for (const { encoder, transceiver } of this.#sources) {
      void encoder?.want((rid) => isEncoded(demand, midOf(transceiver), rid));
    }
  }

  #addSlot(kind: SlotKind): { kind: SlotKind; transceiver: RTCRtpTransceiver } {
    const type = isSound(kind) ? 'audio' : 'video';
    const transceiver = this.connection.addTransceiver(type, { direction: 'recvonly' });
    if (type === 'audio') prefer(transceiver, audioCodecs(known(type)));
    else preferVideo(transceiver, this.#options.codecs);
    return { kind, transceiver };
  }

  slot(mid: string): Slot | undefined {
    return this.slots.find((slot) => slot.mid === mid);
  }

  close(): void {
    this.connection.close();
    for (const slot of this.slots) {
      slot.stream.set(null);
      slot.shown.set(null);
    }
  }
}

function addSource(connection: RTCPeerConnection, kind: SourceKind, { capture, codecs }: PeerOptions): Source {
  switch (kind) {
    case 'microphone':
    case 'screen_audio': {
      const transceiver = connection.addTransceiver('audio', { direction: 'sendonly' });
      prefer(transceiver, audioCodecs(known('audio')));
      return { kind, transceiver, encoder: null };
    }
    case 'camera':
    case 'screen': {
      const sendEncodings = kind === 'camera' ? cameraEncodings(capture, codecs[0]) : [{ maxBitrate: 2_500_000 }];
      const transceiver = connection.addTransceiver('video', { direction: 'sendonly', sendEncodings });
      preferVideo(transceiver, codecs);
      return { kind, transceiver, encoder: new Encoder(transceiver.sender, capture) };
    }
  }
}

/** Whether a slot is heard and not seen. */
export function isSound(kind: SlotKind): boolean {
  switch (kind) {
    case 'stage_sound':
    case 'sound':
    case 'mix':
      return true;
    case 'stage_picture':
    case 'picture':
    case 'screen':
      return false;
  }
}

function picturesOf(count: number): SlotKind[] {
  return Array.from({ length: count }, () => 'picture');
}

function known(kind: 'audio' | 'video'): readonly RTCRtpCodec[] {
  return RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
}

/** An older browser offers all that it has, which is longer but does no harm. */
function prefer(transceiver: RTCRtpTransceiver, codecs: RTCRtpCodec[]): void {
  if (codecs.length > 0 && 'setCodecPreferences' in transceiver) transceiver.setCodecPreferences(codecs);
}

function preferVideo(transceiver: RTCRtpTransceiver, codecs: readonly VideoCodec[]): void {
  prefer(transceiver, videoCodecs(known('video'), codecs));
  if (isScalable(codecs[0])) describeLayers(transceiver);
}

/**
 * Lets packets tell their layers. Left alone, Chromium offers that only where
 * its own camera is scalable, and decodes no layers of AV1 without it.
 */
function describeLayers(transceiver: DescribingTransceiver): void {
  const extensions = transceiver.getHeaderExtensionsToNegotiate?.();
  if (extensions === undefined) return;
  transceiver.setHeaderExtensionsToNegotiate?.(
    extensions.map((extension) => (extension.uri === DEPENDENCY_DESCRIPTOR ? { ...extension, direction: 'sendrecv' } : extension)),
  );
}

function newSlot({ kind, transceiver }: { kind: SlotKind; transceiver: RTCRtpTransceiver }): Slot {
  return {
    mid: midOf(transceiver),
    kind,
    receiver: transceiver.receiver,
    stream: new Store<MediaStream | null>(null),
    shown: new Store<SourceRef | null>(null),
    told: new Store<SourceRef | null>(null),
    stalled: new Store(false),
  };
}

/** Every transceiver has its mid once the local description is set. */
function midOf(transceiver: RTCRtpTransceiver): string {
  return transceiver.mid ?? '';
}

function rtcIceServer({ urls, username, credential }: IceServer): RTCIceServer {
  return { urls, ...(username !== null && { username }), ...(credential !== null && { credential }) };
}
