import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../kit/Button';
import { Buttons, Note, Section } from '../../kit/Section';
import type { PartProps } from '../part';
import { OpenVote } from './OpenVote';
import { Receipt } from './Receipt';
import { Result } from './Result';
import { VoteForm } from './VoteForm';

/** Sets a vote up, watches it, closes it, shows what it came to. */
export function VotesTab(props: PartProps) {
  const { t } = useTranslation();
  const { open, last } = props.meeting.snapshot.procedure.votes;
  const [isNew, setIsNew] = useState(false);
  return (
    <>
      {open !== null ? (
        <OpenVote {...props} vote={open} />
      ) : isNew ? (
        <VoteForm {...props} onDone={() => { setIsNew(false); }} />
      ) : (
        <Section title={t('votes.none_open')}>
          <Note>{t('votes.none_open_hint')}</Note>
          <Buttons>
            <Button look="primary" icon="plus" label={t('votes.new')} onPress={() => { setIsNew(true); }} testId="new-vote" />
          </Buttons>
        </Section>
      )}
      {last !== null && !isNew && (
        <Section title={t('votes.result_title', { number: last.number })}>
          <Result result={last} />
          {last.root !== null && <Receipt attendance={props.attendance} number={last.number} root={last.root} />}
        </Section>
      )}
    </>
  );
}
