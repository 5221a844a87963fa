import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Document, Role } from '../../../core/protocol';
import { Button } from '../../kit/Button';
import { CheckList } from '../../kit/CheckList';
import { Choice } from '../../kit/Choice';
import { Dialog } from '../../kit/Dialog';
import { Field } from '../../kit/Field';
import { Note } from '../../kit/Section';
import { Toggle } from '../../kit/Toggle';
import type { PartProps } from '../part';
import styles from './DocumentDialog.module.css';

/** As the server takes it. */
const TITLE_LENGTH = 300;
const ROLES: readonly Role[] = ['delegate', 'operator', 'observer'];
const KINDS = '.pdf,.docx,.xlsx,.pptx,.png,.jpg,.jpeg,.webp,.txt';
const GENERAL = 'general';

interface Props extends PartProps {
  /** The one to change; a new one where it is absent. */
  readonly document: Document | null;
  readonly onClose: () => void;
}

/** Puts in a document, or changes what is said of it; a file makes a new version. */
export function DocumentDialog({ attendance, meeting, document, onClose }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const { agenda } = meeting.snapshot.procedure;
  const [file, setFile] = useState<File | null>(null);
  const [title, setTitle] = useState(document?.title ?? '');
  const [item, setItem] = useState<string>(document === null ? String(agenda.current ?? GENERAL) : String(document.item ?? GENERAL));
  const [roles, setRoles] = useState<readonly string[]>(document === null || document.access.roles.length === 0 ? ROLES : document.access.roles);
  const [fromItem, setFromItem] = useState(document?.access.from_item ?? false);
  const [withdrawAtEnd, setWithdrawAtEnd] = useState(document?.withdraw_at_end ?? false);
  const [sent, setSent] = useState<number | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const isForAll = ROLES.every((role) => roles.includes(role));
  const access = { roles: isForAll ? [] : ROLES.filter((role) => roles.includes(role)), from_item: fromItem && item !== GENERAL };
  const itemNumber = item === GENERAL ? null : Number(item);

  const put = async (chosen: File): Promise<boolean> => {
    setSent(0);
    const done =
      document === null
        ? await attendance.documents.add(chosen, { title: title.trim(), item: itemNumber, access, withdrawAtEnd }, setSent)
        : await attendance.documents.revise(document.number, chosen, setSent);
    setSent(null);
    if (done.type === 'ok') return true;
    setFailure(done.type === 'refused' ? t(`error.${done.code}`) : t('unreachable'));
    return false;
  };
  const save = async () => {
    setFailure(null);
    if (file !== null && !(await put(file))) return;
    const isDone =
      document === null ||
      (await attendance.session.act({
        type: 'documents',
        what: 'change',
        number: document.number,
        title: title.trim(),
        item: itemNumber,
        access,
        withdraw_at_end: withdrawAtEnd,
      }));
    if (isDone) onClose();
  };
  return (
    <Dialog
      title={t(document === null ? 'documents.add_title' : 'documents.edit_title')}
      onClose={onClose}
      testId="document-dialog"
      actions={
        <>
          <Button label={t('app.cancel')} onPress={onClose} />
          <Button
            look="primary"
            label={t('app.save')}
            isDisabled={title.trim() === '' || (document === null && file === null) || sent !== null}
            onPress={() => void save()}
            testId="save-document"
          />
        </>
      }
    >
      <div className={styles.file}>
        <label htmlFor={id}>{t(document === null ? 'documents.file' : 'documents.file_new_version')}</label>
        <input
          id={id}
          type="file"
          accept={KINDS}
          data-testid="document-file"
          onChange={({ target }) => {
            const chosen = target.files?.[0] ?? null;
            setFile(chosen);
            if (chosen !== null && title.trim() === '') setTitle(chosen.name.replace(/\.[^.]+$/, ''));
          }}
        />
        <Note>{t('documents.kinds')}</Note>
      </div>
      <Field label={t('documents.document_title')} value={title} onChange={setTitle} maxLength={TITLE_LENGTH} required testId="document-title" />
      <Choice
        label={t('documents.item')}
        options={[{ id: GENERAL, label: t('documents.general') }, ...agenda.items.map(({ number, title: label }) => ({ id: String(number), label }))]}
        value={item}
        onChange={setItem}
        testId="document-item"
      />
      <CheckList label={t('documents.roles')} options={ROLES.map((role) => ({ id: role, label: t(`role.${role}`) }))} value={roles} onChange={setRoles} />
      <Toggle label={t('documents.from_item')} value={fromItem} onChange={setFromItem} />
      <Toggle label={t('documents.withdraw_at_end')} value={withdrawAtEnd} onChange={setWithdrawAtEnd} />
      {sent !== null && (
        <p role="status">
          <progress className={styles.progress} value={sent} aria-label={t('documents.sending')} /> {t('documents.sending')}
        </p>
      )}
      {failure !== null && <p role="alert" className={styles.failure} data-testid="document-failure">{failure}</p>}
    </Dialog>
  );
}
