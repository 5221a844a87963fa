import { useTranslation } from 'react-i18next';
import { participantOf, type Meeting } from '../../core/meeting';
import type { ParticipantId } from '../../core/protocol';
import type { Attendance } from '../../io/attendance';

/** What every part of the procedure is drawn from. */
export interface PartProps {
  readonly attendance: Attendance;
  readonly meeting: Meeting;
}

/** What somebody is called, also when they have left. */
export function useNames({ snapshot, you }: Meeting): (id: ParticipantId) => string {
  const { t } = useTranslation();
  return (id) => {
    // Whoever never came is known to those who call the roll.
    const { awaited } = snapshot.procedure.course;
    const name = participantOf(snapshot, id)?.name ?? awaited?.[id]?.name ?? t('chat.unknown');
    return id === you.participant ? t('meeting.name_you', { name }) : name;
  };
}

/** A time of day, as clocks say it. */
export function useTimeOfDay(): (at: number) => string {
  const { i18n } = useTranslation();
  const format = new Intl.DateTimeFormat(i18n.language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  return (at) => format.format(at);
}
