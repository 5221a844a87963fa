import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../kit/Button';
import { NumberInput } from '../../kit/NumberInput';
import { Buttons, FieldRow, Note, Section } from '../../kit/Section';
import type { PartProps } from '../part';
import { TimerSign } from './TimerSign';

const USUAL_TIMER = 5;
const USUAL_BREAK = 15;
const MOST_MINUTES = 240;

/** The timer and the break. */
export function TimeSections(props: PartProps) {
  const { t } = useTranslation();
  const { session } = props.attendance;
  const { timer_ends_at: timer, pause } = props.meeting.snapshot.procedure.conduct;
  const [minutes, setMinutes] = useState(USUAL_TIMER);
  const [rest, setRest] = useState(USUAL_BREAK);
  const takeBreak = (seconds: number | null) => void session.act({ type: 'conduct', what: 'pause', seconds });
  return (
    <>
      <Section title={t('conduct.timer')} aside={<TimerSign {...props} />} testId="timer-section">
        <FieldRow>
          <NumberInput label={t('conduct.minutes')} value={minutes} onChange={setMinutes} min={1} max={MOST_MINUTES} testId="timer-minutes" />
          <Button label={t(timer === null ? 'conduct.timer_start' : 'conduct.timer_again')} onPress={() => void session.act({ type: 'conduct', what: 'start_timer', seconds: minutes * 60 })} testId="start-timer" />
          {timer !== null && <Button look="quiet" label={t('conduct.timer_stop')} onPress={() => void session.act({ type: 'conduct', what: 'stop_timer' })} testId="stop-timer" />}
        </FieldRow>
      </Section>
      <Section title={t('conduct.break')} testId="break-section">
        {pause === null ? (
          <FieldRow>
            <NumberInput label={t('conduct.minutes')} value={rest} onChange={setRest} min={1} max={MOST_MINUTES} step={5} testId="break-minutes" />
            <Button icon="pause" label={t('conduct.break_start')} onPress={() => { takeBreak(rest * 60); }} testId="start-break" />
            <Button look="quiet" label={t('conduct.break_open')} onPress={() => { takeBreak(null); }} testId="start-open-break" />
          </FieldRow>
        ) : (
          <>
            <Note>{t('conduct.paused')}</Note>
            <Buttons>
              <Button icon="play" label={t('conduct.resume')} onPress={() => void session.act({ type: 'conduct', what: 'resume' })} testId="end-break" />
            </Buttons>
          </>
        )}
      </Section>
    </>
  );
}
