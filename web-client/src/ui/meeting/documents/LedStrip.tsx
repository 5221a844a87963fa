import { useTranslation } from 'react-i18next';
import { Button } from '../../kit/Button';
import { Strip } from '../now/Strip';
import { type PartProps, useNames } from '../part';

/** Somebody leads through a document: whoever does not look at it can. */
export function LedStrip({ meeting, onOpen }: Pick<PartProps, 'meeting'> & { readonly onOpen: () => void }) {
  const { t } = useTranslation();
  const nameOf = useNames(meeting);
  const { led, list } = meeting.snapshot.procedure.documents;
  const document = list.find(({ number }) => number === led?.number);
  if (led === null || document === undefined || led.by === meeting.you.participant) return null;
  return (
    <Strip icon="agenda" tone="brand" title={t('documents.leads', { name: nameOf(led.by) })} text={t('documents.led_page', { title: document.title, page: led.page })} testId="led-strip">
      <Button look="primary" label={t('documents.follow')} onPress={onOpen} testId="led-open" />
    </Strip>
  );
}
