import { useTranslation } from 'react-i18next';
import { Chip } from '../../kit/Section';
import { type PartProps, useTimeOfDay } from '../part';

type Props = Pick<PartProps, 'meeting'> & { testId?: string };

/** That it is recorded, and since when; in the header for as long as it is so. */
export function RecordingSign({ meeting, testId = 'recording-sign' }: Props) {
  const { t } = useTranslation();
  const timeOfDay = useTimeOfDay();
  const { recording } = meeting.snapshot.procedure;
  if (recording.since === null && recording.starts_at === null) return null;
  if (recording.paused_since !== undefined) {
    return (
      <Chip icon="record" testId={testId}>
        {t('recording.sign_paused', { time: timeOfDay(recording.paused_since) })}
      </Chip>
    );
  }
  return (
    <Chip tone="danger" icon="record" testId={testId}>
      {recording.since !== null
        ? t('recording.sign_since', { time: timeOfDay(recording.since) })
        : t('recording.sign_starts', { time: timeOfDay(recording.starts_at ?? 0) })}
    </Chip>
  );
}
