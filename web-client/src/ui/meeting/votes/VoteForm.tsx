import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { faultOf, rulesOf, usualVoters, type VoteDraft } from '../../../core/procedure/voteDraft';
import type { Majority, VoteMethod } from '../../../core/protocol';
import { Button } from '../../kit/Button';
import { Choice } from '../../kit/Choice';
import { NumberInput } from '../../kit/NumberInput';
import { Buttons, FieldRow, Note, Section } from '../../kit/Section';
import { Segments } from '../../kit/Segments';
import { TextArea } from '../../kit/TextArea';
import { Toggle } from '../../kit/Toggle';
import type { PartProps } from '../part';
import { OptionFields } from './OptionFields';
import { VoterFields } from './VoterFields';
import styles from './Votes.module.css';

/** As the server takes them. */
const QUESTION_LENGTH = 1_000;
const MOST_MINUTES = 120;

const METHODS: readonly VoteMethod[] = ['show_of_hands', 'roll_call', 'secret'];
const MAJORITIES: readonly Majority['rule'][] = ['simple', 'absolute', 'two_thirds', 'share'];
const USUAL_SHARE = 50;

/** A vote before it is opened. */
export function VoteForm({ attendance, meeting, onDone }: PartProps & { readonly onDone: () => void }) {
  const { t } = useTranslation();
  const { snapshot } = meeting;
  const [draft, setDraft] = useState<VoteDraft>(() => ({
    question: '',
    options: [
      { text: t('votes.for'), abstention: false },
      { text: t('votes.against'), abstention: false },
      { text: t('votes.abstain'), abstention: true },
    ],
    method: 'show_of_hands',
    unit: 'site',
    majority: { rule: 'simple' },
    quorumPercent: 50,
    mayChange: true,
    minutes: 0,
    voters: [],
  }));
  const change = (part: Partial<VoteDraft>) => { setDraft({ ...draft, ...part }); };
  const isSecret = draft.method === 'secret';
  const fault = faultOf(draft, snapshot);
  const open = async () => {
    const seconds = draft.minutes === 0 ? null : draft.minutes * 60;
    if (await attendance.session.act({ type: 'votes', what: 'open', rules: rulesOf(draft), seconds })) onDone();
  };
  return (
    <Section title={t('votes.new')} testId="vote-form">
      <div className={styles.form}>
        <TextArea label={t('votes.question')} value={draft.question} onChange={(question) => { change({ question }); }} maxLength={QUESTION_LENGTH} testId="vote-question-input" />
        <Choice
          label={t('votes.method')}
          options={METHODS.map((id) => ({ id, label: t(`votes.method_${id}`) }))}
          value={draft.method}
          onChange={(method) => { change({ method, voters: [] }); }}
          testId="vote-method"
        />
        {isSecret ? (
          <Note>{t('votes.secret_rules')}</Note>
        ) : (
          <Segments
            label={t('votes.unit')}
            options={[
              { id: 'site', label: t('votes.unit_site') },
              { id: 'delegate', label: t('votes.unit_delegate') },
            ]}
            value={draft.unit}
            onChange={(unit) => { change({ unit, voters: [] }); }}
          />
        )}
        <OptionFields options={draft.options} onChange={(options) => { change({ options }); }} />
        <Choice
          label={t('votes.majority')}
          options={MAJORITIES.map((id) => ({ id, label: t(id === 'share' ? 'votes.majority_share' : `votes.majority_${id}`) }))}
          value={draft.majority.rule}
          onChange={(rule) => { change({ majority: rule === 'share' ? { rule, percent: USUAL_SHARE, of: 'entitled' } : { rule } }); }}
          testId="vote-majority"
        />
        {draft.majority.rule === 'share' && (
          <FieldRow>
            <NumberInput
              label={t('votes.share_percent')}
              value={draft.majority.percent}
              onChange={(percent) => { change({ majority: { rule: 'share', percent, of: draft.majority.rule === 'share' ? draft.majority.of : 'entitled' } }); }}
              min={1}
              max={100}
            />
            <Choice
              label={t('votes.share_of')}
              options={[
                { id: 'entitled', label: t('votes.of_entitled') },
                { id: 'voting', label: t('votes.of_voting') },
              ]}
              value={draft.majority.of}
              onChange={(of) => { change({ majority: { rule: 'share', percent: draft.majority.rule === 'share' ? draft.majority.percent : USUAL_SHARE, of } }); }}
            />
          </FieldRow>
        )}
        <FieldRow>
          <NumberInput label={t('votes.quorum')} value={draft.quorumPercent} onChange={(quorumPercent) => { change({ quorumPercent }); }} min={0} max={100} step={5} testId="vote-quorum" />
          <NumberInput label={t('votes.minutes')} value={draft.minutes} onChange={(minutes) => { change({ minutes }); }} min={0} max={MOST_MINUTES} testId="vote-minutes" />
        </FieldRow>
        {!isSecret && <Toggle label={t('votes.may_change')} value={draft.mayChange} onChange={(mayChange) => { change({ mayChange }); }} />}
        <VoterFields
          meeting={meeting}
          voters={draft.voters.length > 0 ? draft.voters : usualVoters(snapshot, draft.unit)}
          isWeighted={!isSecret}
          byDelegate={!isSecret && draft.unit === 'delegate'}
          onChange={(voters) => { change({ voters }); }}
        />
        {fault !== null && fault !== 'question' && <p role="alert">{t(`votes.fault_${fault}`)}</p>}
        <Buttons>
          <Button look="primary" icon="vote" label={t('votes.open')} isDisabled={fault !== null} onPress={() => void open()} testId="open-vote-button" />
          <Button label={t('app.cancel')} onPress={onDone} />
        </Buttons>
      </div>
    </Section>
  );
}
