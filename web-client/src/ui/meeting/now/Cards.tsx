import { useState } from 'react';
import type { PartProps } from '../part';
import { RollCallAnswer } from '../rollCall/RollCallAnswer';
import { ResultCard } from '../votes/ResultCard';
import { VoteCard } from '../votes/VoteCard';
import styles from './Card.module.css';

/** What waits for our answer, and the result that was just announced. */
export default function Cards(props: PartProps) {
  const { votes } = props.meeting.snapshot.procedure;
  // A result from before we came is in the panel; only a new one is shown by itself.
  const [seen, setSeen] = useState(votes.last?.number ?? 0);
  return (
    <div className={styles.cards} data-testid="cards">
      <RollCallAnswer {...props} />
      <VoteCard {...props} />
      {votes.last !== null && votes.last.number > seen && (
        <ResultCard {...props} result={votes.last} onClose={() => { setSeen(votes.last?.number ?? 0); }} />
      )}
    </div>
  );
}
