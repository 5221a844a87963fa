/**
 * What a line is fit for. The same as `src/probe/verdict.rs`; both are held to
 * `lineVerdict.cases.json`.
 */

/** What was measured. Rates in kbit/s, times in ms. */
export interface Measured {
  /** The server answers, and opens a WebSocket. */
  readonly reachable: boolean;
  /** Whether UDP gets through; null where that was not tested. */
  readonly udp: boolean | null;
  /** Whether media can go another way than UDP. */
  readonly relay: boolean;
  /** In percent; null where not tested. */
  readonly loss_percent: number | null;
  /** There and back. */
  readonly rtt_ms: number;
  /** How unevenly it goes. */
  readonly jitter_ms: number;
  readonly down_kbps: number;
  readonly up_kbps: number;
}

/** What a line is fit for, the best last. */
const FITS = ['nothing', 'sound_only', 'sd', 'hd'] as const;
export type Fit = (typeof FITS)[number];

type Reason = 'unreachable' | 'udp_blocked' | 'relay_only' | 'loss' | 'delay' | 'jitter' | 'down' | 'up';

export interface Verdict {
  readonly fit: Fit;
  /** Why for no more; empty for `hd`. */
  readonly reasons: readonly Reason[];
}

interface Needs {
  readonly fit: Fit;
  readonly loss: number;
  readonly rtt: number;
  readonly jitter: number;
  readonly down: number;
  readonly up: number;
}

/** The best first. */
const NEEDS: readonly Needs[] = [
  { fit: 'hd', loss: 2, rtt: 300, jitter: 50, down: 3_000, up: 2_000 },
  { fit: 'sd', loss: 5, rtt: 600, jitter: 100, down: 800, up: 500 },
  { fit: 'sound_only', loss: 20, rtt: 1_500, jitter: 300, down: 100, up: 60 },
];

/** Judges a line: the worst of its figures decides, and is the reason. */
export function judge(measured: Measured): Verdict {
  if (!measured.reachable) return { fit: 'nothing', reasons: ['unreachable'] };
  const loss = measured.loss_percent ?? 0;
  const graded: readonly (readonly [Reason, Fit])[] = [
    wayOf(measured),
    ['loss', grade((needs) => loss <= needs.loss)],
    ['delay', grade((needs) => measured.rtt_ms <= needs.rtt)],
    ['jitter', grade((needs) => measured.jitter_ms <= needs.jitter)],
    ['down', grade((needs) => measured.down_kbps >= needs.down)],
    ['up', grade((needs) => measured.up_kbps >= needs.up)],
  ];
  const fit = FITS.find((one) => graded.some(([, of]) => of === one)) ?? 'hd';
  const worst = fit === 'hd' ? [] : graded.filter(([, of]) => of === fit);
  return { fit, reasons: worst.map(([reason]) => reason) };
}

/** By TCP or a relay, loss turns into delay, and pictures into small ones. */
function wayOf(measured: Measured): readonly [Reason, Fit] {
  const reason = measured.relay ? 'relay_only' : 'udp_blocked';
  if (measured.udp !== false) return [reason, 'hd'];
  return [reason, measured.relay ? 'sd' : 'nothing'];
}

/** The best kind of meeting for which a figure suffices. */
function grade(suffices: (needs: Needs) => boolean): Fit {
  return NEEDS.find(suffices)?.fit ?? 'nothing';
}

/** The one in the middle; 0 of none. */
export function median(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** How much one differs from the next, in the middle: one late answer is no uneven line. */
export function jitter(times: readonly number[]): number {
  return median(times.slice(1).map((time, index) => Math.abs(time - (times[index] ?? time))));
}
