import { useTranslation } from 'react-i18next';
import { may } from '../../../core/meeting';
import { groupOf } from '../../../core/procedure/groups';
import { timeLeft } from '../../../core/procedure/timeLeft';
import { Button } from '../../kit/Button';
import { useNow } from '../../useNow';
import { Strip } from '../now/Strip';
import type { PartProps } from '../part';

/** In which group we are apart from the others, and for how long. */
export function GroupStrip({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const { session } = attendance;
  const { groups } = meeting.snapshot.procedure;
  const endsAt = groups.open?.ends_at ?? null;
  const now = useNow(session, endsAt !== null);
  if (groups.open === null) return null;
  const own = groupOf(groups, meeting.you.participant);
  const group = groups.open.groups.find(({ number }) => number === own);
  const isCalling = own !== null && groups.open.calls.includes(own);
  return (
    <Strip
      icon="people"
      tone="hand"
      title={group === undefined ? t('groups.in_plenary') : t('groups.in_group', { name: group.name })}
      text={t(group === undefined ? 'groups.in_plenary_hint' : isCalling ? 'groups.calling' : 'groups.in_group_hint')}
      testId="group-strip"
    >
      {endsAt !== null && <span role="timer" aria-label={t('groups.time_left')}>{timeLeft(endsAt - now).text}</span>}
      {group !== undefined && !isCalling && (
        <Button icon="bell" label={t('groups.call')} onPress={() => void session.act({ type: 'groups', what: 'call' })} testId="call-controller" />
      )}
      {may(meeting, 'run_groups') && group === undefined && (
        <Button label={t('groups.close')} onPress={() => void session.act({ type: 'groups', what: 'close' })} testId="group-strip-close" />
      )}
    </Strip>
  );
}
