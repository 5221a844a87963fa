import { useTranslation } from 'react-i18next';
import { may } from '../../../core/meeting';
import { timeLeft } from '../../../core/procedure/timeLeft';
import { Button } from '../../kit/Button';
import { Chip, Note } from '../../kit/Section';
import { useNow } from '../../useNow';
import { type PartProps, useNames } from '../part';
import { Entry, List } from '../procedure/List';

/** So much more time one press gives, in seconds. */
const EXTENSION = 60;

/** Who has the floor, how long still, and what can be done about it. */
export function Holders({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const nameOf = useNames(meeting);
  const { session } = attendance;
  const { holders } = meeting.snapshot.procedure.floor;
  const now = useNow(session, holders.some(({ ends_at }) => ends_at !== null));
  if (holders.length === 0) return <Note testId="nobody-speaks">{t('floor.nobody')}</Note>;
  return (
    <List label={t('floor.holders')} testId="holders">
      {holders.map(({ participant, ends_at: endsAt, overdue, warned }) => (
        <Entry key={participant} isCurrent title={nameOf(participant)} participant={participant} testId="holder">
          {endsAt !== null && (
            <Chip tone={overdue || endsAt <= now ? 'danger' : warned ? 'hand' : 'brand'} icon="clock" testId="holder-time">
              {timeLeft(endsAt - now).text}
            </Chip>
          )}
          {may(meeting, 'give_floor') && (
            <>
              <Button
                label={t('floor.extend')}
                onPress={() => void session.act({ type: 'floor', what: 'extend', participant, seconds: EXTENSION })}
                testId="extend"
              />
              <Button label={t('floor.take_back')} onPress={() => void session.act({ type: 'floor', what: 'take_back', participant })} testId="take-back" />
            </>
          )}
        </Entry>
      ))}
    </List>
  );
}
