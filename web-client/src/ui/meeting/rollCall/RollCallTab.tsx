import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { here } from '../../../core/meeting';
import { timeLeft } from '../../../core/procedure/timeLeft';
import { Button } from '../../kit/Button';
import { NumberInput } from '../../kit/NumberInput';
import { Buttons, Chip, FieldRow, Note, Section } from '../../kit/Section';
import { useNow } from '../../useNow';
import { type PartProps, useNames } from '../part';
import { Entry, List } from '../procedure/List';
import { RollCallResult } from './RollCallResult';

const USUAL_CHECK = 3;
const CHECK_SECONDS = 60;
const MOST_SECONDS = 600;

/** Calls the roll, watches the answers, checks in between whether people are there. */
export function RollCallTab(props: PartProps) {
  const { t } = useTranslation();
  const { session } = props.attendance;
  const { open, last } = props.meeting.snapshot.procedure.roll_calls;
  return (
    <>
      {open === null ? (
        <Section title={t('rollcall.title')}>
          <Note>{t(last === null ? 'rollcall.never' : 'rollcall.again_hint')}</Note>
          <Buttons>
            <Button
              look="primary"
              icon="roll"
              label={t(last === null ? 'rollcall.open' : 'rollcall.again')}
              onPress={() => void session.act({ type: 'roll_call', what: 'open' })}
              testId="open-roll-call"
            />
          </Buttons>
        </Section>
      ) : (
        <OpenRollCall {...props} />
      )}
      {open === null && last !== null && <RollCallResult meeting={props.meeting} result={last} />}
      <CheckSection {...props} />
    </>
  );
}

/** Who has answered, and who has not. */
function OpenRollCall({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const nameOf = useNames(meeting);
  const { open } = meeting.snapshot.procedure.roll_calls;
  if (open === null) return null;
  const ids = meeting.snapshot.participants
    .filter(({ id, role }) => role !== 'observer' && (open.here.includes(id) || open.answers[id] !== undefined))
    .map(({ id }) => id);
  const answered = ids.filter((id) => open.answers[id] !== undefined);
  const heads = answered.reduce((sum, id) => sum + (open.answers[id]?.headcount ?? 0), 0);
  return (
    <Section title={t('rollcall.open_title', { number: open.number })} testId="roll-call">
      <p role="status" data-testid="roll-progress" data-answered={answered.length}>
        {t('rollcall.progress', { answered: answered.length, all: ids.length, heads })}
      </p>
      <List label={t('rollcall.answers')} testId="roll-answers">
        {[...ids].sort((a, b) => Number(answered.includes(a)) - Number(answered.includes(b))).map((id) => {
          const answer = open.answers[id];
          const delegates = answer?.delegates.split('\n').filter((line) => line.trim() !== '').join(', ') ?? '';
          return (
            <Entry key={id} title={nameOf(id)} {...(delegates !== '' && { text: delegates })} participant={id} testId="roll-entry">
              {answer === undefined ? <Chip tone="hand">{t('rollcall.no_answer')}</Chip> : <Chip tone="good" icon="check">{t('rollcall.heads', { count: answer.headcount })}</Chip>}
            </Entry>
          );
        })}
      </List>
      <Buttons>
        <Button look="primary" icon="check" label={t('rollcall.close')} onPress={() => void attendance.session.act({ type: 'roll_call', what: 'close' })} testId="close-roll-call" />
      </Buttons>
    </Section>
  );
}

/** A random check of who is really there. */
function CheckSection({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const nameOf = useNames(meeting);
  const { session } = attendance;
  const { check } = meeting.snapshot.procedure.roll_calls;
  const [count, setCount] = useState(USUAL_CHECK);
  const [seconds, setSeconds] = useState(CHECK_SECONDS);
  const now = useNow(session, check !== null);
  if (check !== null) {
    return (
      <Section title={t('rollcall.check')} aside={<Chip tone="hand" icon="clock">{timeLeft(check.ends_at - now).text}</Chip>} testId="check-open">
        <p role="status">{check.asked.length === 0 ? t('rollcall.check_all') : t('rollcall.check_open', { names: check.asked.map(nameOf).join(', ') })}</p>
      </Section>
    );
  }
  return (
    <Section title={t('rollcall.check')}>
      <Note>{t('rollcall.check_about')}</Note>
      <FieldRow>
        <NumberInput label={t('rollcall.check_count')} value={count} onChange={setCount} min={1} max={Math.max(USUAL_CHECK, here(meeting.snapshot).length)} testId="check-count" />
        <NumberInput label={t('rollcall.check_seconds')} value={seconds} onChange={setSeconds} min={10} max={MOST_SECONDS} step={10} testId="check-seconds" />
        <Button label={t('rollcall.check_start')} onPress={() => void session.act({ type: 'roll_call', what: 'check', count, seconds })} testId="start-check" />
      </FieldRow>
    </Section>
  );
}
