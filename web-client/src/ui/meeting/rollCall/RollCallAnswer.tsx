import { type SubmitEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { self } from '../../../core/meeting';
import { isCalled } from '../../../core/procedure/asks';
import { Button } from '../../kit/Button';
import { NumberInput } from '../../kit/NumberInput';
import { TextArea } from '../../kit/TextArea';
import { Card } from '../now/Card';
import type { PartProps } from '../part';

/** As the server takes it. */
const MOST_HEADS = 10_000;
const DELEGATES_LENGTH = 10_000;

/** The roll is called: how many are here, and who. */
export function RollCallAnswer({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const [headcount, setHeadcount] = useState(1);
  const [delegates, setDelegates] = useState('');
  if (!isCalled(meeting)) return null;
  const isSite = self(meeting)?.kind === 'site';
  const answer = (event: SubmitEvent) => {
    event.preventDefault();
    void attendance.session.act({ type: 'roll_call', what: 'answer', headcount: isSite ? headcount : 1, delegates });
  };
  return (
    <Card icon="roll" title={t('rollcall.answer_title')} short={t('rollcall.answer_short')} testId="roll-call-answer">
      <form onSubmit={answer} style={{ display: 'contents' }}>
        <p>{t(isSite ? 'rollcall.answer_site' : 'rollcall.answer_person')}</p>
        {isSite && (
          <>
            <NumberInput label={t('rollcall.headcount')} value={headcount} onChange={setHeadcount} min={1} max={MOST_HEADS} testId="headcount" />
            <TextArea
              label={t('rollcall.delegates')}
              hint={t('rollcall.delegates_hint')}
              value={delegates}
              onChange={setDelegates}
              maxLength={DELEGATES_LENGTH}
              testId="delegates"
            />
          </>
        )}
        <Button type="submit" look="primary" icon="check" label={t('rollcall.report')} testId="report-presence" />
      </form>
    </Card>
  );
}
