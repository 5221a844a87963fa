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
  const { number, key, sealed } = vote;
  const isNew = progress.type === 'none';
  useEffect(() => { secretVotes.goOn(number); }, [secretVotes, number]);
  // Everybody's page takes its paper at once, so that the log does not tell who votes when.
  useEffect(() => {
    if (isNew && key !== null && !sealed) void secretVotes.fetchPaper(number, key);
  }, [secretVotes, number, key, sealed, isNew]);

  switch (progress.type) {
    case 'none':
    case 'fetching':
      return (
        <div role="status">
          <Note>{t('votes.secret_hint')}</Note>
          <Note>{t('votes.paper_preparing')}</Note>
        </div>
      );
    case 'lost':
    case 'refused':
      return (
        <>
          <p role="alert">{t(progress.type === 'lost' ? 'notice.not_sent' : `error.${progress.code}`)}</p>
          <Button
            look="primary"
            icon="vote"
            label={t('app.retry')}
            isDisabled={key === null || sealed}
            onPress={() => {
              if (key !== null) void secretVotes.fetchPaper(number, key);
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
          <Note>{t('votes.secret_hint')}</Note>
          <Note>{t('votes.paper_final')}</Note>
          <Button
            look="primary"
            icon="vote"
            label={t('votes.paper_cast')}
            isDisabled={choice === null || sealed}
            onPress={() => {
              if (choice !== null) void secretVotes.cast(number, choice);
            }}
            testId="cast-ballot"
          />
        </>
      );
    case 'casting':
      return <Note>{t('votes.ballot_casting')}</Note>;
    case 'waiting':
    case 'stored':
      return (
        <div className={styles.form}>
          <div role="status" data-testid="ballot-accepted" data-stored={progress.type === 'stored'}>
            <Chip tone="good" icon="check">{t('votes.ballot_accepted')}</Chip>
            {progress.type === 'waiting' && <Note>{t('votes.ballot_waiting_hint')}</Note>}
          </div>
          <Receipt attendance={attendance} number={number} root={null} />
        </div>
      );
  }
}
