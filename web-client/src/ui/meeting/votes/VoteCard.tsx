import { useTranslation } from 'react-i18next';
import { entitlement } from '../../../core/procedure/asks';
import { timeLeft } from '../../../core/procedure/timeLeft';
import { Chip } from '../../kit/Section';
import { useNow } from '../../useNow';
import { Card } from '../now/Card';
import type { PartProps } from '../part';
import { OpenBallot } from './OpenBallot';
import { SecretBallot } from './SecretBallot';
import { useVoteFacts } from './useVoteFacts';
import styles from './Votes.module.css';

/** The vote that is open, for whoever is entitled. */
export function VoteCard({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const factsOf = useVoteFacts();
  const { open } = meeting.snapshot.procedure.votes;
  const now = useNow(attendance.session, open !== null && open.ends_at !== null);
  if (open === null) return null;
  const voter = entitlement(open, meeting.you.participant);
  if (voter === null) return null;
  const isSecret = open.rules.method === 'secret';
  return (
    <Card
      key={open.number}
      icon="vote"
      title={t(isSecret ? 'votes.secret_title' : 'votes.title', { number: open.number })}
      short={t('votes.go_vote')}
      testId="vote-card"
    >
      <p className={styles.question} data-testid="vote-question">{open.rules.question}</p>
      <div className={styles.facts}>
        {factsOf(open.rules).map((fact) => <Chip key={fact}>{fact}</Chip>)}
        {open.ends_at !== null && <Chip tone="hand" icon="clock">{t('votes.left', { time: timeLeft(open.ends_at - now).text })}</Chip>}
      </div>
      {isSecret ? (
        <SecretBallot attendance={attendance} vote={open} />
      ) : (
        <OpenBallot attendance={attendance} meeting={meeting} vote={open} voter={voter} />
      )}
    </Card>
  );
}
