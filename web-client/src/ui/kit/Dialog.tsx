import type { ReactNode } from 'react';
import { Dialog as AriaDialog } from 'react-aria-components/Dialog';
import { Heading } from 'react-aria-components/Heading';
import { Modal, ModalOverlay } from 'react-aria-components/Modal';
import { useTranslation } from 'react-i18next';
import { Button } from './Button';
import styles from './Dialog.module.css';

interface Props {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** What can be done, the deed itself last. */
  readonly actions?: ReactNode;
  /** It interrupts, because a slip would hurt. */
  readonly isAlert?: boolean;
  readonly testId: string;
}

/** Something to settle before going on. Drawn only while it is open. */
export function Dialog({ title, onClose, children, actions, isAlert = false, testId }: Props) {
  const { t } = useTranslation();
  return (
    <ModalOverlay
      className={styles.overlay ?? ''}
      isOpen
      isDismissable={!isAlert}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Modal className={styles.modal ?? ''}>
        <AriaDialog className={styles.dialog ?? ''} role={isAlert ? 'alertdialog' : 'dialog'} data-testid={testId}>
          <header>
            <Heading slot="title">{title}</Heading>
            <Button look="quiet" iconOnly icon="close" label={t('app.close')} onPress={onClose} testId={`${testId}-close`} />
          </header>
          {children}
          {actions !== undefined && actions !== false && <div className={styles.actions}>{actions}</div>}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

interface ConfirmProps {
  readonly title: string;
  readonly text: string;
  readonly deed: string;
  /** What is done can be put right, or is what everybody waits for. */
  readonly isHarmless?: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly testId: string;
}

/** Asks once more before what cannot be taken back. */
export function Confirm({ title, text, deed, isHarmless = false, onConfirm, onClose, testId }: ConfirmProps) {
  const { t } = useTranslation();
  return (
    <Dialog
      isAlert
      title={title}
      onClose={onClose}
      testId={testId}
      actions={
        <>
          <Button label={t('app.cancel')} onPress={onClose} autoFocus />
          <Button
            look={isHarmless ? 'primary' : 'danger'}
            label={deed}
            onPress={() => {
              onClose();
              onConfirm();
            }}
            testId="confirm"
          />
        </>
      }
    >
      <p>{text}</p>
    </Dialog>
  );
}
