import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { voted } from '../../../core/procedure/asks';
import { timeLeft } from '../../../core/procedure/timeLeft';
import type { Vote } from '../../../core/protocol';
import { Button } from '../../kit/Button';
import { Dialog } from '../../kit/Dialog';
import { Field } from '../../kit/Field';
import { Buttons, Chip, Note, Section } from '../../kit/Section';
import { useNow } from '../../useNow';
import { type PartProps, useNames } from '../part';
import { Entry, List } from '../procedure/List';
import { useVoteFacts } from './useVoteFacts';
import styles from './Votes.module.css';

interface Props extends PartProps {
  readonly vote: Vote;
}

/** How a vote goes on: who has voted, who is called, and its end. */
export function OpenVote({ attendance, meeting, vote }: Props) {
  const { t } = useTranslation();
  const nameOf = useNames(meeting);
  const factsOf = useVoteFacts();
  const [isCancelling, setIsCancelling] = useState(false);
  const { session } = attendance;
  const { number, rules } = vote;
  const done = new Set(voted(vote));
  const open = rules.voters.filter(({ participant }) => !done.has(participant));
  const next = open.find(({ participant }) => participant !== vote.called);
  const now = useNow(session, vote.ends_at !== null);
  const call = (participant: string) => void session.act({ type: 'votes', what: 'call', participant });
  return (
    <Section
      title={t('votes.title', { number })}
      aside={vote.ends_at !== null && <Chip tone="hand" icon="clock">{timeLeft(vote.ends_at - now).text}</Chip>}
      testId="open-vote"
    >
      <p className={styles.question}>{rules.question}</p>
      <div className={styles.facts}>
        {factsOf(rules).map((fact) => <Chip key={fact}>{fact}</Chip>)}
      </div>
      <p data-testid="votes-given" data-given={done.size}>
        {t(rules.method === 'secret' ? 'votes.progress_secret' : 'votes.progress', { given: done.size, entitled: rules.voters.length })}
      </p>
      {vote.sealed && <Note>{t('votes.sealed')}</Note>}
      {rules.method === 'secret' && <Note>{t('votes.secret_watch')}</Note>}
      {rules.method === 'show_of_hands' && <Tally vote={vote} />}
      <List label={t('votes.voters')} testId="voters">
        {rules.voters.map(({ participant }) => {
          const isCalled = vote.called === participant;
          const choice = vote.ballots[participant]?.flatMap((count, index) => (count > 0 ? [`${rules.options[index]?.text ?? ''}${count > 1 ? `: ${count}` : ''}`] : []));
          return (
            <Entry
              key={participant}
              title={nameOf(participant)}
              {...(choice !== undefined && { text: choice.join(', ') })}
              isCurrent={isCalled}
              participant={participant}
              testId="voter"
            >
              {done.has(participant) ? (
                <Chip tone="good" icon="check">{t(rules.method === 'secret' ? 'votes.paper_taken' : 'votes.has_voted')}</Chip>
              ) : rules.method === 'roll_call' ? (
                <Button look="quiet" label={t(isCalled ? 'votes.called' : 'votes.call')} isDisabled={isCalled} onPress={() => { call(participant); }} testId="call-voter" />
              ) : (
                <Chip>{t('votes.not_yet')}</Chip>
              )}
            </Entry>
          );
        })}
      </List>
      <Buttons>
        {rules.method === 'roll_call' && next !== undefined && (
          <Button look="primary" icon="next" label={t('votes.call_next')} onPress={() => { call(next.participant); }} testId="call-next" />
        )}
        <Button look="primary" icon="check" label={t('votes.close')} onPress={() => void session.act({ type: 'votes', what: 'close', number })} testId="close-vote" />
        <Button look="quiet" label={t('votes.cancel')} onPress={() => { setIsCancelling(true); }} testId="cancel-vote" />
      </Buttons>
      {isCancelling && <CancelDialog attendance={attendance} number={number} onClose={() => { setIsCancelling(false); }} />}
    </Section>
  );
}

/** How the options stand while it is open. */
function Tally({ vote }: { readonly vote: Vote }) {
  const ballots = Object.values(vote.ballots);
  return (
    <div className={styles.facts} data-testid="tally">
      {vote.rules.options.map(({ text }, index) => (
        <Chip key={text}>{`${text}: ${ballots.reduce((sum, counts) => sum + (counts[index] ?? 0), 0)}`}</Chip>
      ))}
    </div>
  );
}

/** As the server takes it. */
const REASON_LENGTH = 1_000;

function CancelDialog({ attendance, number, onClose }: { readonly attendance: PartProps['attendance']; readonly number: number; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const cancel = async () => {
    if (await attendance.session.act({ type: 'votes', what: 'cancel', number, reason: reason.trim() })) onClose();
  };
  return (
    <Dialog
      isAlert
      title={t('votes.cancel_title')}
      onClose={onClose}
      testId="cancel-vote-dialog"
      actions={
        <>
          <Button label={t('votes.keep')} onPress={onClose} />
          <Button look="danger" label={t('votes.cancel')} isDisabled={reason.trim() === ''} onPress={() => void cancel()} testId="cancel-vote-confirm" />
        </>
      }
    >
      <p>{t('votes.cancel_text')}</p>
      <Field label={t('votes.cancel_reason')} value={reason} onChange={setReason} maxLength={REASON_LENGTH} required testId="cancel-reason" />
    </Dialog>
  );
}
