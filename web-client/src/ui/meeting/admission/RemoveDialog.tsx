import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ParticipantId } from '../../../core/protocol';
import type { Attendance } from '../../../io/attendance';
import { Button } from '../../kit/Button';
import { Dialog } from '../../kit/Dialog';
import { TextArea } from '../../kit/TextArea';

/** As the server takes it. */
const REASON_LENGTH = 500;

export interface PersonProps {
  readonly attendance: Attendance;
  readonly participant: ParticipantId;
  readonly name: string;
}

/** Removes somebody, who is told why. */
export function RemoveDialog({ attendance, participant, name, onClose }: PersonProps & { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const remove = async () => {
    if (await attendance.session.act({ type: 'admission', what: 'remove', participant, reason: reason.trim() })) onClose();
  };
  return (
    <Dialog
      isAlert
      title={t('admission.remove_title', { name })}
      onClose={onClose}
      testId="remove-dialog"
      actions={
        <>
          <Button label={t('app.cancel')} onPress={onClose} />
          <Button look="danger" label={t('admission.remove')} isDisabled={reason.trim() === ''} onPress={() => void remove()} testId="remove-confirm" />
        </>
      }
    >
      <p>{t('admission.remove_text')}</p>
      <TextArea label={t('admission.reason')} value={reason} onChange={setReason} rows={2} maxLength={REASON_LENGTH} testId="remove-reason" />
    </Dialog>
  );
}

export function RemoveButton(props: PersonProps) {
  const { t } = useTranslation();
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button look="quiet" iconOnly icon="trash" label={t('admission.remove_of', { name: props.name })} onPress={() => { setIsOpen(true); }} testId="remove" />
      {isOpen && <RemoveDialog {...props} onClose={() => { setIsOpen(false); }} />}
    </>
  );
}
