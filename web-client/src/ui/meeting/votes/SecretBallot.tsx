import { useEffect, useState } from 'react';
import { Button as AriaButton } from 'react-aria-components/Button';
import { useTranslation } from 'react-i18next';
import type { Vote } from '../../../core/protocol';
import type { Attendance } from '../../../io/attendance';
import { Button } from '../../kit/Button';
import { Icon } from '../../kit/Icon';
import { Chip, Note } from '../../kit/Section';
import { useStore } from '../../useStore';
import { Receipt } from './Receipt';
import styles from './Votes.module.css';

/** A secret ballot: fetch the paper, choose, put it into the box, keep the receipt. */
export function SecretBallot({ attendance, vote }: { readonly attendance: Attendance; readonly vote: Vote }) {
  const { t } = useTranslation();
  const { secretVotes } = attendance;
  useStore(secretVotes.progress);
  const progress = secretVotes.of(vote.number);
  const [choice, setChoice] = useState<number | null>(null);
  useEffect(() => { secretVotes.goOn(vote.number); }, [secretVotes, vote.number]);

  switch (progress.type) {
    case 'none':
    case 'lost':
    case 'refused':
    case 'fetching':
      return (
        <>
          <Note>{t('votes.secret_hint')}</Note>
          {progress.type === 'refused' && <p role="alert">{t(`error.${progress.code}`)}</p>}
          {progress.type === 'lost' && <p role="alert">{t('notice.not_sent')}</p>}
          <Button
            look="primary"
            icon="vote"
            label={t(vote.key === null ? 'votes.paper_preparing' : progress.type === 'fetching' ? 'votes.paper_fetching' : 'votes.paper_fetch')}
            isDisabled={vote.key === null || vote.sealed || progress.type === 'fetching'}
            onPress={() => {
              if (vote.key !== null) void secretVotes.fetchPaper(vote.number, vote.key);
            }}
            testId="fetch-paper"
          />
        </>
      );
    case 'paper':
      return (
        <>
          <div className={styles.options} role="group" aria-label={t('votes.options')}>
            {vote.rules.options.map((option, index) => (
              <AriaButton
                key={option.text}
                className={styles.option ?? ''}
                aria-pressed={index === choice}
                onPress={() => { setChoice(index); }}
                data-testid={`ballot-option-${index}`}
              >
                <span>{option.text}</span>
                {index === choice && <Icon name="check" size={20} />}
              </AriaButton>
            ))}
          </div>
          <Note>{t('votes.paper_final')}</Note>
          <Button
            look="primary"
            icon="vote"
            label={t('votes.paper_cast')}
            isDisabled={choice === null || vote.sealed}
            onPress={() => {
              if (choice !== null) void secretVotes.cast(vote.number, choice);
            }}
            testId="cast-ballot"
          />
        </>
      );
    case 'casting':
    case 'waiting':
      return (
        <div role="status" data-testid="ballot-waiting">
          <Chip tone="hand" icon="clock">{t('votes.ballot_waiting')}</Chip>
          <Note>{t('votes.ballot_waiting_hint')}</Note>
        </div>
      );
    case 'stored':
      return (
        <div className={styles.form}>
          <div role="status" data-testid="ballot-stored">
            <Chip tone="good" icon="check">{t('votes.ballot_stored')}</Chip>
          </div>
          <Receipt attendance={attendance} number={vote.number} root={null} />
        </div>
      );
  }
}
