import { useTranslation } from 'react-i18next';
import { may } from '../../../core/meeting';
import { Note, Section } from '../../kit/Section';
import { Toggle } from '../../kit/Toggle';
import type { PartProps } from '../part';

/** Whether our microphone may be opened from afar, and our word on the recording. */
export function OwnConsent({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const { session } = attendance;
  const { microphones, recording } = meeting.snapshot.procedure;
  const you = meeting.you.participant;
  const isRecorded = recording.since !== null || recording.starts_at !== null;
  const mayPublish = may(meeting, 'publish_microphone');
  if (!mayPublish && !isRecorded) return null;
  return (
    <Section title={t('microphones.own')} testId="own-consent">
      {mayPublish && (
        <>
          <Toggle
            label={t('microphones.consent')}
            value={microphones.consents.includes(you)}
            onChange={(given) => void session.act({ type: 'microphones', what: 'consent', given })}
            testId="consent-microphone"
          />
          <Note>{t('microphones.consent_hint')}</Note>
        </>
      )}
      {isRecorded && (
        <Toggle
          label={t('recording.consent')}
          value={recording.consents[you] === true}
          onChange={(given) => void session.act({ type: 'recording', what: 'consent', given })}
          testId="consent-recording-toggle"
        />
      )}
    </Section>
  );
}
