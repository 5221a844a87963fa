import { useTranslation } from 'react-i18next';
import type { VoteResult } from '../../../core/protocol';
import { Card } from '../now/Card';
import type { PartProps } from '../part';
import { Receipt } from './Receipt';
import { Result } from './Result';

interface Props extends PartProps {
  readonly result: VoteResult;
  readonly onClose: () => void;
}

/** The result that was just announced; whoever voted in secret checks the receipt here. */
export function ResultCard({ attendance, result, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Card icon="vote" title={t('votes.result_title', { number: result.number })} short={t('votes.result')} onClose={onClose} testId="result-card">
      <Result result={result} />
      {result.root !== null && <Receipt attendance={attendance} number={result.number} root={result.root} />}
    </Card>
  );
}
