import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Attendance } from '../../../io/attendance';
import { Button } from '../../kit/Button';
import { Chip, Note } from '../../kit/Section';
import styles from './Votes.module.css';

interface Props {
  readonly attendance: Attendance;
  readonly number: number;
  /** The root in the result; absent while the vote is open. */
  readonly root: string | null;
}

type Checked = 'not_yet' | 'checking' | 'counted' | 'not_counted' | 'unreachable';

/** The receipt of our secret ballot. It proves that the ballot is in, never what it says. */
export function Receipt({ attendance, number, root }: Props) {
  const { t } = useTranslation();
  const [checked, setChecked] = useState<Checked>('not_yet');
  const code = attendance.secretVotes.receipt(number);
  if (code === null) return null;
  const check = async () => {
    if (root === null) return;
    setChecked('checking');
    const answer = await attendance.secretVotes.check(number, root);
    setChecked(answer.type !== 'ok' ? 'unreachable' : answer.value ? 'counted' : 'not_counted');
  };
  return (
    <>
      <Note>{t(root === null ? 'votes.receipt_hint' : 'votes.receipt')}</Note>
      <code className={styles.receipt} data-testid="receipt">{code}</code>
      {root !== null && (
        <Button
          icon="check"
          label={t(checked === 'checking' ? 'votes.receipt_checking' : 'votes.receipt_check')}
          isDisabled={checked === 'checking'}
          onPress={() => void check()}
          testId="check-receipt"
        />
      )}
      <div role="status" data-testid="receipt-state" data-checked={checked}>
        {checked === 'counted' && <Chip tone="good" icon="check">{t('votes.receipt_counted')}</Chip>}
        {checked === 'not_counted' && <p role="alert">{t('votes.receipt_not_counted')}</p>}
        {checked === 'unreachable' && <p role="alert">{t('votes.receipt_unreachable')}</p>}
      </div>
    </>
  );
}
