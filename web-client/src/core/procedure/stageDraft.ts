/** What could be put on the stage, and what is there. */
import { roster } from '../meeting';
import type { Snapshot, SourceRef, StageShow } from '../protocol';
import { sameSource } from '../source';

/** So many can stand side by side, as the server has it. */
export const SIDE_BY_SIDE: readonly number[] = [1, 2, 4];

/** Every camera and screen that can be shown, in the order of the list of participants. */
export function showable(snapshot: Snapshot): readonly SourceRef[] {
  return roster(snapshot)
    .filter(({ presence, role }) => presence === 'present' && role !== 'observer')
    .flatMap(({ id, screen }): SourceRef[] => [
      { participant: id, kind: 'camera' },
      ...(screen ? [{ participant: id, kind: 'screen' } as const] : []),
    ]);
}

/** What the stage shows now. */
export function shownNow({ stage, procedure }: Snapshot): StageShow {
  const { document, beside } = procedure.stage;
  if (document !== null) return { type: 'document', ...document };
  if (stage.mode === 'follow_speaker' || stage.source === null) return { type: 'follow_speaker' };
  return { type: 'sources', sources: [stage.source, ...beside] };
}

/** Puts a source among those that are chosen, or takes it out. */
export function toggled(chosen: readonly SourceRef[], source: SourceRef): readonly SourceRef[] {
  const rest = chosen.filter((one) => !sameSource(one, source));
  return rest.length < chosen.length ? rest : [...chosen, source];
}
