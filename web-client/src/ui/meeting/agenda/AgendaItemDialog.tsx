import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AgendaItem } from '../../../core/protocol';
import type { Attendance } from '../../../io/attendance';
import { Button } from '../../kit/Button';
import { Dialog } from '../../kit/Dialog';
import { Field } from '../../kit/Field';
import { NumberInput } from '../../kit/NumberInput';
import { TextArea } from '../../kit/TextArea';

/** As the server takes them. */
const TITLE_LENGTH = 300;
const SPEAKERS_LENGTH = 1_000;
const MOST_MINUTES = 1_440;
const USUAL_MINUTES = 15;

interface Props {
  readonly attendance: Attendance;
  /** The item to change; a new one where it is absent. */
  readonly item: AgendaItem | null;
  readonly onClose: () => void;
}

export function AgendaItemDialog({ attendance, item, onClose }: Props) {
  const { t } = useTranslation();
  const [title, setTitle] = useState(item?.title ?? '');
  const [minutes, setMinutes] = useState(item === null ? USUAL_MINUTES : (item.minutes ?? 0));
  const [speakers, setSpeakers] = useState(item?.speakers ?? '');
  const save = async () => {
    const content = { title: title.trim(), minutes: minutes === 0 ? null : minutes, speakers, documents: item?.documents ?? [] };
    const isDone = await attendance.session.act(
      item === null ? { type: 'agenda', what: 'add', ...content } : { type: 'agenda', what: 'change', number: item.number, ...content },
    );
    if (isDone) onClose();
  };
  return (
    <Dialog
      title={t(item === null ? 'agenda.add_title' : 'agenda.change_title')}
      onClose={onClose}
      testId="agenda-dialog"
      actions={
        <>
          <Button label={t('app.cancel')} onPress={onClose} />
          <Button look="primary" label={t('app.save')} isDisabled={title.trim() === ''} onPress={() => void save()} testId="save-item" />
        </>
      }
    >
      <Field label={t('agenda.item_title')} value={title} onChange={setTitle} maxLength={TITLE_LENGTH} required testId="item-title" />
      <NumberInput label={t('agenda.item_minutes')} value={minutes} onChange={setMinutes} min={0} max={MOST_MINUTES} step={5} testId="item-minutes" />
      <TextArea label={t('agenda.item_speakers')} hint={t('agenda.item_speakers_hint')} value={speakers} onChange={setSpeakers} rows={3} maxLength={SPEAKERS_LENGTH} testId="item-speakers" />
    </Dialog>
  );
}
