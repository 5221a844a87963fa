import { useState } from 'react';
import { Button as AriaButton } from 'react-aria-components/Button';
import { useTranslation } from 'react-i18next';
import type { Vote, Voter } from '../../../core/protocol';
import { Button } from '../../kit/Button';
import { Icon } from '../../kit/Icon';
import { NumberInput } from '../../kit/NumberInput';
import { Note } from '../../kit/Section';
import type { PartProps } from '../part';
import styles from './Votes.module.css';

interface Props extends PartProps {
  readonly vote: Vote;
  readonly voter: Voter;
}

/** A vote that everybody may see: one choice, or so many votes for each option where a site votes for its delegates. */
export function OpenBallot({ attendance, meeting, vote, voter }: Props) {
  const { t } = useTranslation();
  const cast = vote.ballots[meeting.you.participant];
  const { options, method, may_change: mayChange } = vote.rules;
  const isMyTurn = method !== 'roll_call' || vote.called === meeting.you.participant || (cast !== undefined && mayChange);
  const isClosed = !isMyTurn || (cast !== undefined && !mayChange);
  const give = (counts: number[]) => void attendance.session.act({ type: 'votes', what: 'cast', number: vote.number, counts });
  return (
    <>
      {voter.headcount > 1 ? (
        <ManyVotes vote={vote} voter={voter} cast={cast} isClosed={isClosed} give={give} />
      ) : (
        <div className={styles.options} role="group" aria-label={t('votes.options')}>
          {options.map((option, index) => {
            const isChosen = cast?.[index] === 1;
            return (
              <AriaButton
                key={option.text}
                className={styles.option ?? ''}
                aria-pressed={isChosen}
                isDisabled={isClosed}
                onPress={() => { give(options.map((_, at) => (at === index ? 1 : 0))); }}
                data-testid={`vote-option-${index}`}
              >
                <span>{option.text}</span>
                {isChosen && <Icon name="check" size={20} />}
              </AriaButton>
            );
          })}
        </div>
      )}
      <div role="status" data-testid="vote-state" data-cast={cast !== undefined}>
        <Note>{t(cast !== undefined ? (mayChange ? 'votes.cast_may_change' : 'votes.cast') : isMyTurn ? 'votes.choose' : 'votes.wait_call')}</Note>
      </div>
    </>
  );
}

interface ManyProps {
  readonly vote: Vote;
  readonly voter: Voter;
  readonly cast: readonly number[] | undefined;
  readonly isClosed: boolean;
  readonly give: (counts: number[]) => void;
}

/** A site that votes for several delegates. */
function ManyVotes({ vote, voter, cast, isClosed, give }: ManyProps) {
  const { t } = useTranslation();
  const [counts, setCounts] = useState<readonly number[]>(cast ?? vote.rules.options.map(() => 0));
  const sum = counts.reduce((all, count) => all + count, 0);
  if (isClosed) {
    return cast === undefined ? null : (
      <ul className={styles.options}>
        {vote.rules.options.map((option, index) => (
          <li key={option.text}>{`${option.text}: ${cast[index] ?? 0}`}</li>
        ))}
      </ul>
    );
  }
  return (
    <div className={styles.options}>
      {vote.rules.options.map((option, index) => (
        <NumberInput
          key={option.text}
          label={option.text}
          value={counts[index] ?? 0}
          onChange={(count) => { setCounts(counts.map((before, at) => (at === index ? count : before))); }}
          min={0}
          max={voter.headcount}
          testId={`vote-count-${index}`}
        />
      ))}
      <Note>{t('votes.delegates_sum', { sum, headcount: voter.headcount })}</Note>
      <Button
        look="primary"
        icon="check"
        label={t('votes.send')}
        isDisabled={sum < 1 || sum > voter.headcount}
        onPress={() => { give([...counts]); }}
        testId="vote-send"
      />
    </div>
  );
}
