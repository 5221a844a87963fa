import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../kit/Button';
import { Dialog } from '../../kit/Dialog';
import { Field } from '../../kit/Field';
import type { PersonProps } from './RemoveDialog';

/** As the server takes it. */
const NAME_LENGTH = 120;

/** The name by which the meeting knows somebody. */
export function RenameDialog({ attendance, participant, name, onClose }: PersonProps & { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [next, setNext] = useState(name);
  const rename = async () => {
    if (await attendance.session.act({ type: 'admission', what: 'rename', participant, name: next.trim() })) onClose();
  };
  return (
    <Dialog
      title={t('admission.rename_title')}
      onClose={onClose}
      testId="rename-dialog"
      actions={
        <>
          <Button label={t('app.cancel')} onPress={onClose} />
          <Button look="primary" label={t('app.save')} isDisabled={next.trim() === '' || next.trim() === name} onPress={() => void rename()} testId="rename-confirm" />
        </>
      }
    >
      <Field label={t('admission.name')} value={next} onChange={setNext} hint={t('admission.name_hint')} maxLength={NAME_LENGTH} testId="rename-name" />
    </Dialog>
  );
}

export function RenameButton(props: PersonProps) {
  const { t } = useTranslation();
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button look="quiet" iconOnly icon="edit" label={t('admission.rename_of', { name: props.name })} onPress={() => { setIsOpen(true); }} testId="rename" />
      {isOpen && <RenameDialog {...props} onClose={() => { setIsOpen(false); }} />}
    </>
  );
}
