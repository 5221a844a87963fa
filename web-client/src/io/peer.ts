/**
 * One `RTCPeerConnection`: a fixed set of m-lines, negotiated once. What we send
 * is put into it and taken out of it without negotiating again; what we receive
 * comes in slots, behind which the server switches sources.
 */
import type { IceServer, MediaOffer, OfferedSlot, OfferedSource, SlotKind, SourceKind, SourceRef } from '../core/protocol';
import { cameraEncodings, cameraLayers, cameraPlan, type CaptureSize, encodingOf } from '../core/publish';
import { Store } from '../core/store';

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
}

const SOURCES: readonly SourceKind[] = ['microphone', 'camera', 'screen', 'screen_audio'];

const SLOTS: readonly SlotKind[] = [
  'stage_picture',
  'stage_sound',
  ...Array.from({ length: 3 }, (): SlotKind => 'sound'),
  ...Array.from({ length: 8 }, (): SlotKind => 'picture'),
  'screen',
];

export class Peer {
  readonly connection: RTCPeerConnection;
  /** Filled by the first offer. */
  slots: readonly Slot[] = [];
  readonly #capture: CaptureSize;
  readonly #sources: readonly { kind: SourceKind; transceiver: RTCRtpTransceiver }[];
  readonly #receivers: readonly { kind: SlotKind; transceiver: RTCRtpTransceiver }[];
  readonly #streams = new Map<RTCRtpTransceiver, MediaStream>();

  constructor(iceServers: readonly IceServer[], capture: CaptureSize, onIce: (state: RTCIceConnectionState) => void) {
    this.#capture = capture;
    const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: iceServers.map(rtcIceServer) });
    this.connection = connection;
    connection.addEventListener('iceconnectionstatechange', () => {
      onIce(connection.iceConnectionState);
    });
    connection.addEventListener('track', ({ transceiver, streams: [stream] }) => {
      if (stream !== undefined) this.#streams.set(transceiver, stream);
    });
    this.#sources = SOURCES.map((kind) => ({ kind, transceiver: addSource(connection, kind, capture) }));
    this.#receivers = SLOTS.map((kind) => ({ kind, transceiver: addSlot(connection, kind) }));
  }

  /** Makes an offer; with `restart`, one that looks for another path. */
  async offer(restart: boolean): Promise<MediaOffer> {
    if (restart) this.connection.restartIce();
    await this.connection.setLocalDescription();
    if (this.slots.length === 0) this.slots = this.#receivers.map(newSlot);
    const sources = this.#sources.map(({ kind, transceiver }): OfferedSource => ({
      mid: midOf(transceiver),
      kind,
      layers: kind === 'camera' ? cameraLayers(this.#capture, sizeOf(transceiver.sender.track) ?? this.#capture) : [],
    }));
    return {
      sdp: this.connection.localDescription?.sdp ?? '',
      slots: this.slots.map(({ mid, kind }): OfferedSlot => ({ mid, kind })),
      sources,
    };
  }

  /** Takes the server's answer; from then on the slots have streams. */
  async accept(sdp: string): Promise<void> {
    await this.connection.setRemoteDescription({ type: 'answer', sdp });
    this.slots.forEach((slot, index) => {
      const transceiver = this.#receivers[index]?.transceiver;
      if (slot.stream.get() !== null || transceiver === undefined) return;
      slot.stream.set(this.#streams.get(transceiver) ?? new MediaStream([slot.receiver.track]));
    });
  }

  /** Sends a track as a source, or nothing. */
  async put(kind: SourceKind, track: MediaStreamTrack | null): Promise<void> {
    const sender = this.#sources.find((source) => source.kind === kind)?.transceiver.sender;
    if (sender === undefined || sender.track === track || this.connection.signalingState === 'closed') return;
    await sender.replaceTrack(track);
    const picture = kind === 'camera' ? sizeOf(track) : null;
    if (picture !== null) await fit(sender, picture);
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

/** The size of a track's picture, in pixels, if it is known. */
export function sizeOf(track: MediaStreamTrack | null): CaptureSize | null {
  const { width, height } = track?.getSettings() ?? {};
  return width === undefined || height === undefined ? null : { width, height };
}

/** Makes the encoders of a simulcast camera fit the size of its picture. */
async function fit(sender: RTCRtpSender, picture: CaptureSize): Promise<void> {
  const parameters = sender.getParameters();
  if (parameters.encodings.length < 2) return;
  const plan = new Map(cameraPlan(picture).map((layer) => [layer.rid, encodingOf(layer)]));
  for (const encoding of parameters.encodings) Object.assign(encoding, plan.get(encoding.rid ?? ''));
  await sender.setParameters(parameters);
}

function addSource(connection: RTCPeerConnection, kind: SourceKind, capture: CaptureSize): RTCRtpTransceiver {
  switch (kind) {
    case 'microphone':
    case 'screen_audio':
      return preferCodecs(connection.addTransceiver('audio', { direction: 'sendonly' }), 'audio');
    case 'camera':
      return preferCodecs(
        connection.addTransceiver('video', { direction: 'sendonly', sendEncodings: cameraEncodings(capture) }),
        'video',
      );
    case 'screen':
      return preferCodecs(
        connection.addTransceiver('video', { direction: 'sendonly', sendEncodings: [{ maxBitrate: 2_500_000 }] }),
        'video',
      );
  }
}

function addSlot(connection: RTCPeerConnection, kind: SlotKind): RTCRtpTransceiver {
  switch (kind) {
    case 'stage_sound':
    case 'sound':
      return preferCodecs(connection.addTransceiver('audio', { direction: 'recvonly' }), 'audio');
    case 'stage_picture':
    case 'picture':
    case 'screen':
      return preferCodecs(connection.addTransceiver('video', { direction: 'recvonly' }), 'video');
  }
}

/** Fewer codecs make the offer a quarter as long; with fourteen m-lines that counts. */
function preferCodecs(transceiver: RTCRtpTransceiver, kind: 'audio' | 'video'): RTCRtpTransceiver {
  const wanted = kind === 'audio' ? ['audio/opus', 'audio/red'] : ['video/vp8', 'video/rtx'];
  const known = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
  const codecs = wanted.flatMap((type) => known.filter((codec) => codec.mimeType.toLowerCase() === type));
  if (codecs.length > 0 && 'setCodecPreferences' in transceiver) transceiver.setCodecPreferences(codecs);
  return transceiver;
}

function newSlot({ kind, transceiver }: { kind: SlotKind; transceiver: RTCRtpTransceiver }): Slot {
  return {
    mid: midOf(transceiver),
    kind,
    receiver: transceiver.receiver,
    stream: new Store<MediaStream | null>(null),
    shown: new Store<SourceRef | null>(null),
    told: new Store<SourceRef | null>(null),
  };
}

/** Every transceiver has its mid once the local description is set. */
function midOf(transceiver: RTCRtpTransceiver): string {
  return transceiver.mid ?? '';
}

function rtcIceServer({ urls, username, credential }: IceServer): RTCIceServer {
  return { urls, ...(username !== null && { username }), ...(credential !== null && { credential }) };
}
