/** The stage beyond its first source: side by side, a document, a preview, pictures for some. */
import { assertNever } from '../assertNever';
import type { ParticipantId, SourceRef, StageEvent, StagePlan, StageShow } from '../protocol';

export function applyStage(plan: StagePlan, event: StageEvent): StagePlan {
  switch (event.what) {
    case 'prepared':
      return { ...plan, preview: event.show };
    case 'shown':
      return { ...plan, ...shown(event.show), preview: event.by === null ? plan.preview : null };
    case 'given': {
      const given = without(plan.given, (to) => to === event.participant);
      return { ...plan, given: event.source === null ? given : { ...given, [event.participant]: event.source } };
    }
    default:
      return assertNever(event);
  }
}

/** The stage was set to one source: nothing stands beside it. */
export function stageAlone(plan: StagePlan): StagePlan {
  return { ...plan, beside: [], document: null };
}

/** Somebody left: it is shown nowhere, and is given nothing. */
export function leftStage(plan: StagePlan, id: ParticipantId): StagePlan {
  return {
    ...plan,
    beside: plan.beside.filter(({ participant }) => participant !== id),
    given: without(plan.given, (to, source) => to === id || source.participant === id),
  };
}

/** Somebody no longer shares a screen. */
export function screenEnded(plan: StagePlan, id: ParticipantId): StagePlan {
  const isEnded = ({ participant, kind }: SourceRef): boolean => participant === id && kind === 'screen';
  return {
    ...plan,
    beside: plan.beside.filter((source) => !isEnded(source)),
    given: without(plan.given, (_, source) => isEnded(source)),
  };
}

function shown(show: StageShow): Pick<StagePlan, 'beside' | 'document'> {
  switch (show.type) {
    case 'follow_speaker':
      return { beside: [], document: null };
    case 'sources':
      return { beside: show.sources.slice(1), document: null };
    case 'document':
      return { beside: [], document: { reference: show.reference, page: show.page } };
    default:
      return assertNever(show);
  }
}

type Given = StagePlan['given'];

function without(given: Given, isGone: (to: ParticipantId, source: SourceRef) => boolean): Given {
  const kept = Object.entries(given).filter(([to, source]) => !isGone(to, source));
  return Object.fromEntries(kept);
}
