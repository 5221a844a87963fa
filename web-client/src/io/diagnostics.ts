/**
 * `window.diemcau`: what support and tests read off a running page. It changes
 * nothing and holds no secret.
 */
import { here } from '../core/meeting';
import type { Participant, SlotKind, SourceKind } from '../core/protocol';
import type { Session } from './session';

interface SlotReport {
  readonly mid: string;
  readonly kind: SlotKind;
  /** Whose picture is on the page now, by its packets; null for none. */
  readonly participant: string | null;
  readonly sourceKind: SourceKind | null;
  /** What the server said that the slot shows. */
  readonly told: string | null;
  /** The CSRCs that were received lately, the newest first. */
  readonly csrcs: readonly number[];
}

interface SlotStats {
  readonly mid: string;
  readonly kind: SlotKind;
  readonly bytesReceived: number;
  readonly packetsLost: number;
  /** Pictures only. */
  readonly framesDecoded: number;
  readonly frameHeight: number;
  /** Sounds only: 0 to 1 now, and summed up since the beginning. */
  readonly audioLevel: number;
  readonly totalAudioEnergy: number;
}

interface Diagnostics {
  /** Offers made since the page was loaded; ICE restarts count. */
  readonly negotiations: number;
  /** `connecting`, `live`, `reconnecting` or `closed`. */
  readonly connection: string;
  /** `none`, `connecting`, `connected` or `broken`. */
  readonly media: string;
  readonly pc: RTCPeerConnection | null;
  participants(): readonly Participant[];
  slots(): readonly SlotReport[];
  stats(): Promise<readonly SlotStats[]>;
}

declare global {
  interface Window {
    diemcau?: Diagnostics;
  }
}

/** Shows a session there. Returns how to take it away. */
export function exposeDiagnostics(session: Session): () => void {
  const diagnostics: Diagnostics = {
    get negotiations() {
      return session.negotiations;
    },
    get connection() {
      return session.view.get().phase;
    },
    get media() {
      return session.view.get().health;
    },
    get pc() {
      return session.peer.get()?.connection ?? null;
    },
    participants: () => {
      const { meeting } = session.view.get();
      return meeting === null ? [] : here(meeting.snapshot);
    },
    slots: () => (session.peer.get()?.slots ?? []).map((slot) => ({
      mid: slot.mid,
      kind: slot.kind,
      participant: slot.shown.get()?.participant ?? null,
      sourceKind: slot.shown.get()?.kind ?? null,
      told: slot.told.get()?.participant ?? null,
      csrcs: slot.receiver.getContributingSources().map((entry) => entry.source),
    })),
    stats: () => statsOf(session),
  };
  window.diemcau = diagnostics;
  return () => {
    if (window.diemcau === diagnostics) delete window.diemcau;
  };
}

async function statsOf(session: Session): Promise<SlotStats[]> {
  const peer = session.peer.get();
  if (peer === null) return [];
  const inbound = new Map<string, Record<string, unknown>>();
  (await peer.connection.getStats()).forEach((entry: Record<string, unknown>) => {
    if (entry['type'] === 'inbound-rtp' && typeof entry['mid'] === 'string') inbound.set(entry['mid'], entry);
  });
  return peer.slots.map(({ mid, kind }) => {
    const entry = inbound.get(mid) ?? {};
    const number = (name: string): number => (typeof entry[name] === 'number' ? entry[name] : 0);
    return {
      mid,
      kind,
      bytesReceived: number('bytesReceived'),
      packetsLost: number('packetsLost'),
      framesDecoded: number('framesDecoded'),
      frameHeight: number('frameHeight'),
      audioLevel: number('audioLevel'),
      totalAudioEnergy: number('totalAudioEnergy'),
    };
  });
}
