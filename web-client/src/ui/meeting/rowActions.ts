/** What we may do about somebody in the list of participants. */
import { isHeard, may, type Meeting } from '../../core/meeting';
import { canSpeak } from '../../core/procedure/asks';
import type { Command, Participant } from '../../core/protocol';
import type { IconName } from '../kit/Icon';

export interface RowAction {
  readonly id:
    | 'give_floor'
    | 'take_back'
    | 'ask_microphone'
    | 'open_microphone'
    | 'mute'
    | 'unmute'
    | 'lower_hand'
    | 'stage_camera'
    | 'stage_screen'
    | 'rename'
    | 'remove';
  readonly icon: IconName;
  /** What is sent; or the dialog that asks for more. */
  readonly deed: Command | 'rename' | 'remove';
}

export function actionsOn(participant: Participant, meeting: Meeting): RowAction[] {
  const isYou = participant.id === meeting.you.participant;
  return [
    ...speakingActions(participant, meeting, isYou),
    ...stageActions(participant, meeting),
    ...(may(meeting, 'rename') ? [{ id: 'rename', icon: 'edit', deed: 'rename' } as const] : []),
    ...(may(meeting, 'remove') && !isYou ? [{ id: 'remove', icon: 'trash', deed: 'remove' } as const] : []),
  ];
}

function speakingActions(participant: Participant, meeting: Meeting, isYou: boolean): RowAction[] {
  const { id, muted, hand_raised_at: hand } = participant;
  const { floor, microphones } = meeting.snapshot.procedure;
  const actions: RowAction[] = [];
  if (may(meeting, 'give_floor') && canSpeak(participant)) {
    const hasFloor = floor.holders.some((holder) => holder.participant === id);
    actions.push(
      hasFloor
        ? { id: 'take_back', icon: 'back', deed: { type: 'floor', what: 'take_back', participant: id } }
        : { id: 'give_floor', icon: 'gavel', deed: { type: 'floor', what: 'give', participant: id, seconds: null } },
    );
  }
  if (may(meeting, 'open_microphones') && !isYou && canSpeak(participant) && !isHeard(participant) && !muted) {
    actions.push(
      microphones.consents.includes(id)
        ? { id: 'open_microphone', icon: 'microphone', deed: { type: 'microphones', what: 'open', participant: id } }
        : { id: 'ask_microphone', icon: 'microphone', deed: { type: 'microphones', what: 'ask', participant: id } },
    );
  }
  if (may(meeting, 'mute_others') && (!isYou || muted)) {
    actions.push({
      id: muted ? 'unmute' : 'mute',
      icon: muted ? 'microphone' : 'microphoneOff',
      deed: { type: 'set_muted', participant: id, muted: !muted },
    });
  }
  if (may(meeting, 'lower_hands') && hand !== null && !isYou) {
    actions.push({ id: 'lower_hand', icon: 'hand', deed: { type: 'lower_hand', participant: id } });
  }
  return actions;
}

function stageActions({ id, screen, presence }: Participant, meeting: Meeting): RowAction[] {
  if (!may(meeting, 'set_stage') || presence !== 'present') return [];
  const show = (kind: 'camera' | 'screen'): Command => ({ type: 'set_stage', source: { participant: id, kind } });
  return [
    { id: 'stage_camera', icon: 'stage', deed: show('camera') },
    ...(screen ? [{ id: 'stage_screen', icon: 'screen', deed: show('screen') } as const] : []),
  ];
}
