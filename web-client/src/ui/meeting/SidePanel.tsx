import { type ReactNode, useEffect, useId, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../kit/Button';
import styles from './SidePanel.module.css';

interface Props {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** Half of the room, for what is read. */
  readonly isWide?: boolean;
  readonly testId: string;
}

/** Beside the room; over it on a phone. Escape closes it. */
export function SidePanel({ title, onClose, children, isWide = false, testId }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // On closing, the keyboard goes back to where it was.
    const before = document.activeElement;
    heading.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <aside
      className={styles.panel}
      data-wide={isWide}
      aria-labelledby={id}
      data-testid={testId}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose();
      }}
    >
      <header>
        <h2 id={id} ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <Button look="quiet" iconOnly icon="close" label={t('app.close')} onPress={onClose} />
      </header>
      {children}
    </aside>
  );
}
