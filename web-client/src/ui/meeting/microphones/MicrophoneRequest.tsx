import { useTranslation } from 'react-i18next';
import { isAskedToOpen } from '../../../core/procedure/asks';
import { Button } from '../../kit/Button';
import { Strip } from '../now/Strip';
import type { PartProps } from '../part';

/** Somebody asks for our microphone. */
export function MicrophoneRequest({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  if (!isAskedToOpen(meeting)) return null;
  return (
    <Strip isUrgent icon="microphone" tone="brand" title={t('microphones.asked')} text={t('microphones.asked_hint')} testId="microphone-request">
      <Button look="primary" icon="microphone" label={t('microphones.accept')} onPress={() => void attendance.answerRequest(true)} testId="accept-microphone" />
      <Button label={t('microphones.decline')} onPress={() => void attendance.answerRequest(false)} testId="decline-microphone" />
    </Strip>
  );
}
