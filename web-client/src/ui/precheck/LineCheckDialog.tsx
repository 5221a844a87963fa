import { useEffect, useState } from 'react';
import { ProgressBar } from 'react-aria-components/ProgressBar';
import { useTranslation } from 'react-i18next';
import { type CheckState, LineCheck } from '../../io/lineCheck';
import { Button } from '../kit/Button';
import { Dialog } from '../kit/Dialog';
import { useStore } from '../useStore';
import { LineVerdict } from './LineVerdict';
import styles from './LineCheckDialog.module.css';

interface Props {
  readonly token: string;
  readonly onClose: () => void;
}

/** The check of the line: how far it is, then what the line is fit for. */
export function LineCheckDialog({ token, onClose }: Props) {
  const { t } = useTranslation();
  const [check] = useState(() => new LineCheck(token));
  const [attempt, setAttempt] = useState(1);
  const state = useStore(check.store);

  useEffect(() => check.start(), [check, attempt]);

  const again = () => {
    setAttempt(attempt + 1);
  };

  return (
    <Dialog
      title={t('linecheck.title')}
      onClose={onClose}
      testId="line-check-dialog"
      actions={
        state.type !== 'running' && (
          <>
            <Button label={t('linecheck.again')} onPress={again} testId="line-check-again" />
            <Button look="primary" label={t('app.close')} onPress={onClose} />
          </>
        )
      }
    >
      <div role="status" className={styles.state}>
        <Content state={state} />
      </div>
    </Dialog>
  );
}

function Content({ state }: { readonly state: CheckState }) {
  const { t } = useTranslation();
  switch (state.type) {
    case 'running':
      return (
        <>
          <p className={styles.step}>{t(`linecheck.step.${state.step}`)}</p>
          <ProgressBar aria-label={t('linecheck.progress')} value={state.progress * 100} className={styles.progress ?? ''}>
            {({ percentage }) => <div className={styles.bar} style={{ width: `${percentage ?? 0}%` }} />}
          </ProgressBar>
          <p className={styles.note}>{t('linecheck.note')}</p>
        </>
      );
    case 'refused':
      return (
        <>
          <p className={styles.step}>{t('linecheck.refused')}</p>
          <p>{t(`error.${state.code}`)}</p>
        </>
      );
    case 'done':
      return <LineVerdict measured={state.measured} verdict={state.verdict} mostKbps={state.mostKbps} />;
  }
}
