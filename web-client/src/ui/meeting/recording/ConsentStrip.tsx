import { useTranslation } from 'react-i18next';
import { isToConsent } from '../../../core/procedure/asks';
import { Button } from '../../kit/Button';
import { Strip } from '../now/Strip';
import { type PartProps, useTimeOfDay } from '../part';

/** Everybody is told of the recording before it starts, and says whether they agree. */
export function ConsentStrip({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const timeOfDay = useTimeOfDay();
  const { recording } = meeting.snapshot.procedure;
  if (!isToConsent(meeting)) return null;
  const consent = (given: boolean) => void attendance.session.act({ type: 'recording', what: 'consent', given });
  const title =
    recording.since !== null
      ? t('recording.since', { time: timeOfDay(recording.since) })
      : t('recording.starts', { time: timeOfDay(recording.starts_at ?? 0) });
  return (
    <Strip isUrgent icon="record" tone="danger" title={title} text={t('recording.consent_hint')} testId="recording-consent">
      <Button look="primary" label={t('recording.agree')} onPress={() => { consent(true); }} testId="consent-recording" />
      <Button label={t('recording.disagree')} onPress={() => { consent(false); }} testId="refuse-recording" />
    </Strip>
  );
}
