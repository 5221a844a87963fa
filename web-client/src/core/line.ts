/** What a weak line means for one picture. */
import type { LineQuality, SourceKind } from './protocol';

/** Why a picture that could be seen is not. The words stand in the dictionaries under `absence`. */
export type Absence = 'weak_line' | 'no_frames';

/**
 * Whether the picture in a place is kept from us, and why; a frozen picture is
 * worse than none. A shared screen on which nothing moves may send nothing.
 */
export function absenceOf(line: LineQuality, isStalled: boolean, kind: SourceKind): Absence | null {
  switch (line) {
    case 'sound_only':
      return 'weak_line';
    case 'reduced':
      return isStalled ? 'weak_line' : null;
    case 'full':
      return isStalled && kind === 'camera' ? 'no_frames' : null;
  }
}
