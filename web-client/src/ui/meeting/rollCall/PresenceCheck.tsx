import { useTranslation } from 'react-i18next';
import { isChecked } from '../../../core/procedure/asks';
import { timeLeft } from '../../../core/procedure/timeLeft';
import { Button } from '../../kit/Button';
import { useNow } from '../../useNow';
import { Strip } from '../now/Strip';
import type { PartProps } from '../part';

/** Are you there? One press answers. */
export function PresenceCheck({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const { session } = attendance;
  const { check } = meeting.snapshot.procedure.roll_calls;
  const isAsked = isChecked(meeting);
  const now = useNow(session, isAsked);
  if (!isAsked || check === null) return null;
  return (
    <Strip
      isUrgent
      icon="roll"
      tone="brand"
      title={t('rollcall.check_title')}
      text={t('rollcall.check_hint')}
      testId="presence-check"
    >
      <span role="timer" aria-label={t('rollcall.check_left')}>{timeLeft(check.ends_at - now).text}</span>
      <Button look="primary" icon="check" label={t('rollcall.here')} onPress={() => void session.act({ type: 'roll_call', what: 'here' })} testId="here" />
    </Strip>
  );
}
