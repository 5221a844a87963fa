import { type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../kit/Button';
import { Icon, type IconName } from '../../kit/Icon';
import styles from './Card.module.css';

interface Props {
  readonly icon: IconName;
  readonly title: string;
  /** On the button that brings it back. */
  readonly short: string;
  readonly children: ReactNode;
  /** Puts it away for good; else it can only be made small. */
  readonly onClose?: () => void;
  readonly testId: string;
}

/** Something to answer, over a corner of the pictures; it can be made small and waits. */
export function Card({ icon, title, short, children, onClose, testId }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const [isSmall, setIsSmall] = useState(false);
  if (isSmall) {
    return <Button look="primary" icon={icon} label={short} onPress={() => { setIsSmall(false); }} testId={`${testId}-open`} />;
  }
  return (
    <section className={styles.card} aria-labelledby={id} data-testid={testId}>
      <header>
        <Icon name={icon} size={22} />
        <h2 id={id}>{title}</h2>
        {onClose !== undefined ? (
          <Button look="quiet" iconOnly icon="close" label={t('app.close')} onPress={onClose} testId={`${testId}-close`} />
        ) : (
          <Button look="quiet" iconOnly icon="down" label={t('procedure.later')} onPress={() => { setIsSmall(true); }} testId={`${testId}-later`} />
        )}
      </header>
      <div className={styles.content}>{children}</div>
    </section>
  );
}
