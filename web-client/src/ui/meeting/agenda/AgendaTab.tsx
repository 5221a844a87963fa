import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AgendaItem } from '../../../core/protocol';
import { Button } from '../../kit/Button';
import { Buttons, Section } from '../../kit/Section';
import type { PartProps } from '../part';
import { AgendaItemDialog } from './AgendaItemDialog';
import { AgendaList } from './AgendaList';

/** Runs the agenda, and edits it. */
export function AgendaTab(props: PartProps) {
  const { t } = useTranslation();
  const { session } = props.attendance;
  const { items } = props.meeting.snapshot.procedure.agenda;
  const [edited, setEdited] = useState<AgendaItem | 'new' | null>(null);
  const [isEditing, setIsEditing] = useState(false);
  const move = (index: number, by: -1 | 1) => {
    const numbers = items.map(({ number }) => number);
    const [moved] = numbers.splice(index, 1);
    if (moved === undefined) return;
    numbers.splice(index + by, 0, moved);
    void session.act({ type: 'agenda', what: 'reorder', numbers });
  };
  const run = (item: AgendaItem) =>
    item.running_since !== null ? (
      <Button label={t('agenda.finish')} onPress={() => void session.act({ type: 'agenda', what: 'finish' })} testId="finish-item" />
    ) : (
      <Button
        look={item.finished_at === null ? 'plain' : 'quiet'}
        label={t(item.finished_at === null ? 'agenda.start' : 'agenda.resume')}
        onPress={() => void session.act({ type: 'agenda', what: 'start', number: item.number })}
        testId="start-item"
      />
    );
  const edit = (item: AgendaItem, index: number) => (
    <>
      <Button look="quiet" iconOnly icon="up" label={t('agenda.up', { title: item.title })} isDisabled={index === 0} onPress={() => { move(index, -1); }} testId="item-up" />
      <Button look="quiet" iconOnly icon="down" label={t('agenda.down', { title: item.title })} isDisabled={index === items.length - 1} onPress={() => { move(index, 1); }} testId="item-down" />
      <Button look="quiet" iconOnly icon="edit" label={t('agenda.edit', { title: item.title })} onPress={() => { setEdited(item); }} testId="item-edit" />
      <Button
        look="quiet"
        iconOnly
        icon="trash"
        label={t('agenda.remove', { title: item.title })}
        isDisabled={item.running_since !== null}
        onPress={() => void session.act({ type: 'agenda', what: 'remove', number: item.number })}
        testId="item-remove"
      />
    </>
  );
  return (
    <Section
      title={t('agenda.title')}
      aside={
        items.length > 0 && (
          <Button look="quiet" icon={isEditing ? 'check' : 'edit'} label={t(isEditing ? 'agenda.edit_done' : 'agenda.edit_list')} onPress={() => { setIsEditing(!isEditing); }} testId="edit-agenda" />
        )
      }
    >
      <AgendaList {...props} actionsOf={isEditing ? edit : run} />
      <Buttons>
        <Button icon="plus" label={t('agenda.add')} onPress={() => { setEdited('new'); }} testId="add-item" />
      </Buttons>
      {edited !== null && <AgendaItemDialog attendance={props.attendance} item={edited === 'new' ? null : edited} onClose={() => { setEdited(null); }} />}
    </Section>
  );
}
