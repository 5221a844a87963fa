import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Meeting } from '../../../core/meeting';
import { electorate, usualVoters } from '../../../core/procedure/voteDraft';
import type { Voter } from '../../../core/protocol';
import { Button } from '../../kit/Button';
import { CheckList } from '../../kit/CheckList';
import { NumberInput } from '../../kit/NumberInput';
import { Note } from '../../kit/Section';
import { useNames } from '../part';
import styles from './Votes.module.css';

/** As the server takes them. */
const GREATEST_WEIGHT = 100;
const MOST_DELEGATES = 10_000;

interface Props {
  readonly meeting: Meeting;
  readonly voters: readonly Voter[];
  readonly isWeighted: boolean;
  readonly byDelegate: boolean;
  readonly onChange: (voters: readonly Voter[]) => void;
}

/** Who is entitled, and what each counts. */
export function VoterFields({ meeting, voters, isWeighted, byDelegate, onChange }: Props) {
  const { t } = useTranslation();
  const nameOf = useNames(meeting);
  const [isOpen, setIsOpen] = useState(false);
  const everybody = electorate(meeting.snapshot);
  const set = (id: string, part: Partial<Voter>) => {
    onChange(voters.map((voter) => (voter.participant === id ? { ...voter, ...part } : voter)));
  };
  const choose = (ids: readonly string[]) => {
    // One at least: nobody named would be everybody.
    if (ids.length === 0) return;
    const usual = usualVoters(meeting.snapshot, byDelegate ? 'delegate' : 'site');
    onChange(usual.filter(({ participant }) => ids.includes(participant)).map((voter) => voters.find(({ participant }) => participant === voter.participant) ?? voter));
  };
  return (
    <>
      <Note>{t('votes.entitled_count', { count: voters.length })}</Note>
      <Button look="quiet" icon={isOpen ? 'up' : 'down'} label={t('votes.entitled_change')} aria-expanded={isOpen} onPress={() => { setIsOpen(!isOpen); }} testId="change-voters" />
      {isOpen && (
        <>
          <CheckList
            label={t('votes.entitled')}
            options={everybody.map(({ id, name }) => ({ id, label: name }))}
            value={voters.map(({ participant }) => participant)}
            onChange={choose}
          />
          {(isWeighted || byDelegate) && (
            <ul className={styles.voters} aria-label={t('votes.weights')}>
              {voters.map(({ participant, weight, headcount }) => (
                <li key={participant} className={styles.voter}>
                  <span>{nameOf(participant)}</span>
                  {byDelegate && <NumberInput label={t('votes.headcount')} value={headcount} onChange={(count) => { set(participant, { headcount: count }); }} min={1} max={MOST_DELEGATES} />}
                  <NumberInput label={t('votes.weight')} value={weight} onChange={(value) => { set(participant, { weight: value }); }} min={1} max={GREATEST_WEIGHT} />
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </>
  );
}
