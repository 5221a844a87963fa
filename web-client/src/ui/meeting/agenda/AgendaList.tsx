import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { AgendaItem } from '../../../core/protocol';
import { Chip, Note } from '../../kit/Section';
import { useNow } from '../../useNow';
import type { PartProps } from '../part';
import { Entry, List } from '../procedure/List';

interface Props extends PartProps {
  /** What can be done about an item. */
  readonly actionsOf?: (item: AgendaItem, index: number) => ReactNode;
}

/** The agenda: what is dealt with now, how long it took, and whether that is longer than planned. */
export function AgendaList({ attendance, meeting, actionsOf }: Props) {
  const { t } = useTranslation();
  const { items } = meeting.snapshot.procedure.agenda;
  const now = useNow(attendance.session, items.some(({ running_since }) => running_since !== null));
  if (items.length === 0) return <Note>{t('agenda.empty')}</Note>;
  return (
    <List label={t('agenda.title')} testId="agenda">
      {items.map((item, index) => {
        const minutes = Math.floor(minutesSpent(item, now));
        const isOver = item.minutes !== null && minutesSpent(item, now) > item.minutes;
        const text = [
          ...(item.speakers === '' ? [] : [item.speakers.split('\n').join(', ')]),
          ...(item.minutes === null ? [] : [t('agenda.planned', { count: item.minutes })]),
        ].join(' · ');
        return (
          <Entry key={item.number} number={index + 1} title={item.title} {...(text !== '' && { text })} isCurrent={item.running_since !== null} testId="agenda-item">
            {item.running_since !== null && (
              <Chip tone={isOver ? 'danger' : 'brand'} icon="clock" testId="agenda-running">
                {t(isOver ? 'agenda.over' : 'agenda.running', { count: isOver ? minutes - (item.minutes ?? 0) : minutes })}
              </Chip>
            )}
            {item.finished_at !== null && <Chip tone="good" icon="check">{t('agenda.done', { count: minutes })}</Chip>}
            {actionsOf?.(item, index)}
          </Entry>
        );
      })}
    </List>
  );
}

function minutesSpent(item: AgendaItem, now: number): number {
  const running = item.running_since === null ? 0 : Math.max(0, now - item.running_since);
  return (item.spent + running) / 60_000;
}
