import { useTranslation } from 'react-i18next';
import { may } from '../../../core/meeting';
import type { ParticipantId } from '../../../core/protocol';
import { Button } from '../../kit/Button';
import { Note } from '../../kit/Section';
import { type PartProps, useNames } from '../part';
import { Entry, List } from '../procedure/List';

interface Props extends PartProps {
  /** For how long the floor is given, in seconds; as the policy says where it is absent. */
  readonly seconds?: number | null;
  /** Only so many, the first. */
  readonly most?: number;
}

/** Who asks for the floor, in order. */
export function Queue({ attendance, meeting, seconds = null, most = Infinity }: Props) {
  const { t } = useTranslation();
  const nameOf = useNames(meeting);
  const { session } = attendance;
  const { queue } = meeting.snapshot.procedure.floor;
  if (queue.length === 0) return <Note>{t('floor.queue_empty')}</Note>;
  const swap = (index: number, other: number) => {
    const participants = [...queue];
    const [a, b] = [participants[index], participants[other]];
    if (a === undefined || b === undefined) return;
    participants[index] = b;
    participants[other] = a;
    void session.act({ type: 'floor', what: 'order', participants });
  };
  const give = (participant: ParticipantId) => void session.act({ type: 'floor', what: 'give', participant, seconds });
  return (
    <List label={t('floor.queue')} testId="queue">
      {queue.slice(0, most).map((participant, index) => (
        <Entry key={participant} number={index + 1} title={nameOf(participant)} participant={participant} testId="asking">
          {may(meeting, 'order_queue') && most === Infinity && (
            <>
              <Button look="quiet" iconOnly icon="up" label={t('floor.earlier', { name: nameOf(participant) })} isDisabled={index === 0} onPress={() => { swap(index, index - 1); }} testId="earlier" />
              <Button look="quiet" iconOnly icon="down" label={t('floor.later', { name: nameOf(participant) })} isDisabled={index === queue.length - 1} onPress={() => { swap(index, index + 1); }} testId="later" />
            </>
          )}
          {may(meeting, 'give_floor') && (
            <Button look={index === 0 ? 'primary' : 'plain'} label={t('floor.give')} onPress={() => { give(participant); }} testId="give-floor" />
          )}
        </Entry>
      ))}
    </List>
  );
}
