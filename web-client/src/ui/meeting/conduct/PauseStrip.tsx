import { useTranslation } from 'react-i18next';
import { may } from '../../../core/meeting';
import { timeLeft } from '../../../core/procedure/timeLeft';
import { Button } from '../../kit/Button';
import { useNow } from '../../useNow';
import { Strip } from '../now/Strip';
import { type PartProps, useTimeOfDay } from '../part';

/** The meeting takes a break. */
export function PauseStrip({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const { session } = attendance;
  const timeOfDay = useTimeOfDay();
  const { pause } = meeting.snapshot.procedure.conduct;
  const until = pause?.until ?? null;
  const now = useNow(session, until !== null);
  if (pause === null) return null;
  return (
    <Strip
      icon="pause"
      tone="hand"
      title={until === null ? t('conduct.paused') : t('conduct.paused_until', { time: timeOfDay(until) })}
      text={t('conduct.paused_hint')}
      testId="pause"
    >
      {until !== null && <span role="timer" aria-label={t('conduct.pause_left')}>{timeLeft(until - now).text}</span>}
      {may(meeting, 'conduct') && (
        <Button icon="play" label={t('conduct.resume')} onPress={() => void session.act({ type: 'conduct', what: 'resume' })} testId="resume" />
      )}
    </Strip>
  );
}
