import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { here } from '../../../core/meeting';
import { Button } from '../../kit/Button';
import { Confirm } from '../../kit/Dialog';
import { NumberInput } from '../../kit/NumberInput';
import { Buttons, FieldRow, Note, Section } from '../../kit/Section';
import { type PartProps, useNames } from '../part';
import { RecordingSign } from './RecordingSign';

/** As the server asks for: nobody is recorded unwarned. */
const LEAST_NOTICE = 10;
const MOST_NOTICE = 3_600;
const USUAL_NOTICE = 30;

/** Announces the recording, lets it pause, and ends it; who agreed, and who did not. */
export function RecordingSection({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const nameOf = useNames(meeting);
  const [seconds, setSeconds] = useState(USUAL_NOTICE);
  const [isStopping, setIsStopping] = useState(false);
  const { session } = attendance;
  const { since, starts_at: startsAt, paused_since: pausedSince, consents } = meeting.snapshot.procedure.recording;
  const stop = () => void session.act({ type: 'recording', what: 'stop' });
  const refused = here(meeting.snapshot).filter(({ id }) => consents[id] === false);
  const silent = here(meeting.snapshot).filter(({ id }) => consents[id] === undefined);
  if (since === null && startsAt === null) {
    return (
      <Section title={t('recording.title')} testId="recording-section">
        <Note>{t('recording.about')}</Note>
        <FieldRow>
          <NumberInput label={t('recording.notice')} value={seconds} onChange={setSeconds} min={LEAST_NOTICE} max={MOST_NOTICE} step={10} testId="recording-notice" />
          <Button icon="record" label={t('recording.start')} onPress={() => void session.act({ type: 'recording', what: 'announce', seconds })} testId="start-recording" />
        </FieldRow>
      </Section>
    );
  }
  return (
    <Section title={t('recording.title')} testId="recording-section">
      <div>
        <RecordingSign meeting={meeting} testId="recording-state" />
      </div>
      {refused.length > 0 && <p>{t('recording.refused', { names: refused.map(({ id }) => nameOf(id)).join(', ') })}</p>}
      <Note>{t('recording.silent', { count: silent.length })}</Note>
      <Buttons>
        {since !== null && (
          <Button
            label={t(pausedSince === undefined ? 'recording.pause' : 'recording.resume')}
            onPress={() => void session.act({ type: 'recording', what: pausedSince === undefined ? 'pause' : 'resume' })}
            testId={pausedSince === undefined ? 'pause-recording' : 'resume-recording'}
          />
        )}
        <Button
          label={t(since === null ? 'recording.call_off' : 'recording.stop')}
          onPress={() => {
            if (since === null) stop();
            else setIsStopping(true);
          }}
          testId="stop-recording"
        />
      </Buttons>
      {isStopping && (
        <Confirm
          title={t('recording.stop_title')}
          text={t('recording.stop_text')}
          deed={t('recording.stop')}
          onConfirm={stop}
          onClose={() => { setIsStopping(false); }}
          testId="stop-recording-dialog"
        />
      )}
    </Section>
  );
}
