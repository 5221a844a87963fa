/**
 * Which layers of our pictures are encoded: those that somebody receives. A
 * layer that is asked for is encoded at once; one that nobody wants any more is
 * kept for a moment, so that a change of layout does not cost a keyframe.
 *
 * ```text
 *   wanted ──> told ──┬── more ──> encoded at once
 *                     └── less ──> timer ──> encoded = told
 * ```
 */
import { assertNever } from './assertNever';
import type { WantedSource } from './protocol';

/** How long a layer that nobody wants is still encoded, in milliseconds. */
const LINGER = 2_000;

type ByMid = ReadonlyMap<string, WantedSource>;

export interface Demand {
  /** What the server said last; a source that it does not name is wanted whole. */
  readonly told: ByMid;
  /** What is encoded. */
  readonly encoded: ByMid;
}

export type DemandInput =
  | { readonly type: 'wanted'; readonly sources: readonly WantedSource[] }
  | { readonly type: 'timer' }
  /** Another media connection, about which nothing was said yet. */
  | { readonly type: 'new_session' };

type DemandEffect =
  /** Bring the encoders in line with `encoded`. */
  | { readonly type: 'tune' }
  /** One timer: a newer one replaces it. In milliseconds. */
  | { readonly type: 'set_timer'; readonly after: number }
  | { readonly type: 'clear_timer' };

type Step = readonly [Demand, readonly DemandEffect[]];

export const ALL_WANTED: Demand = { told: new Map(), encoded: new Map() };

export function stepDemand(state: Demand, input: DemandInput): Step {
  switch (input.type) {
    case 'wanted': {
      const told = new Map(input.sources.map((source) => [source.mid, source]));
      const encoded = new Map([...told].map(([mid, source]) => [mid, together(state.encoded.get(mid), source)]));
      const timer: DemandEffect = isSame(encoded, told)
        ? { type: 'clear_timer' }
        : { type: 'set_timer', after: LINGER };
      return [{ told, encoded }, isSame(encoded, state.encoded) ? [timer] : [timer, { type: 'tune' }]];
    }
    case 'timer':
      return [{ told: state.told, encoded: state.told }, [{ type: 'tune' }]];
    case 'new_session':
      return [ALL_WANTED, [{ type: 'clear_timer' }]];
    default:
      return assertNever(input);
  }
}

/** Whether an encoding of a source is worth its work; one without simulcast has no `rid`. */
export function isEncoded({ encoded }: Demand, mid: string, rid: string | undefined): boolean {
  const source = encoded.get(mid);
  if (source === undefined) return true;
  if (!source.wanted) return false;
  return rid === undefined || source.rids.length === 0 || source.rids.includes(rid);
}

/** What is encoded now, and what is wanted besides; what was never spoken of is encoded whole. */
function together(now: WantedSource | undefined, more: WantedSource): WantedSource {
  const { mid } = more;
  if (now === undefined) return { mid, wanted: true, rids: [] };
  if (!now.wanted) return more;
  if (!more.wanted) return now;
  if (now.rids.length === 0 || more.rids.length === 0) return { mid, wanted: true, rids: [] };
  return { mid, wanted: true, rids: [...now.rids, ...more.rids.filter((rid) => !now.rids.includes(rid))] };
}

function isSame(a: ByMid, b: ByMid): boolean {
  return (
    a.size === b.size &&
    [...a].every(([mid, source]) => {
      const other = b.get(mid);
      if (other === undefined || other.wanted !== source.wanted) return false;
      if (!source.wanted) return true;
      return other.rids.length === source.rids.length && other.rids.every((rid) => source.rids.includes(rid));
    })
  );
}
