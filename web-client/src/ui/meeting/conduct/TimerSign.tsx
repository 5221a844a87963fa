import { useTranslation } from 'react-i18next';
import { timeLeft } from '../../../core/procedure/timeLeft';
import { Chip } from '../../kit/Section';
import { useNow } from '../../useNow';
import type { PartProps } from '../part';

/** The meeting's timer, in the header for as long as it runs. */
export function TimerSign({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const endsAt = meeting.snapshot.procedure.conduct.timer_ends_at;
  const now = useNow(attendance.session, endsAt !== null);
  if (endsAt === null) return null;
  const left = endsAt - now;
  return (
    <Chip tone={left < 30_000 ? 'hand' : 'brand'} icon="clock" testId="timer">
      <span role="timer" aria-label={t('conduct.timer')}>{timeLeft(left).text}</span>
    </Chip>
  );
}
