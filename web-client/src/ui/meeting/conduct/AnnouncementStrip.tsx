import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may } from '../../../core/meeting';
import { Button } from '../../kit/Button';
import { Strip } from '../now/Strip';
import { type PartProps, useTimeOfDay } from '../part';

/** What is announced now. Whoever has read it may put it away. */
export function AnnouncementStrip({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const timeOfDay = useTimeOfDay();
  const [read, setRead] = useState(0);
  const { announcement } = meeting.snapshot.procedure.conduct;
  if (announcement === null || announcement.at === read) return null;
  return (
    <Strip icon="bell" tone="brand" title={announcement.text} text={t('conduct.announced_at', { time: timeOfDay(announcement.at) })} testId="announcement">
      {may(meeting, 'conduct') && (
        <Button look="quiet" label={t('conduct.withdraw')} onPress={() => void attendance.session.act({ type: 'conduct', what: 'withdraw' })} testId="withdraw" />
      )}
      <Button look="quiet" iconOnly icon="close" label={t('conduct.read')} onPress={() => { setRead(announcement.at); }} testId="announcement-read" />
    </Strip>
  );
}
