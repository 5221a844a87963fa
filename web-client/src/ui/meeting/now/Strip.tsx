import type { ReactNode } from 'react';
import { Icon, type IconName } from '../../kit/Icon';
import type { Tone } from '../../kit/Section';
import styles from './Strip.module.css';

interface Props {
  readonly icon?: IconName;
  /** In place of an icon. */
  readonly sign?: ReactNode;
  readonly title: string;
  readonly text?: string;
  readonly tone: Tone;
  readonly children?: ReactNode;
  /** It has to be heard at once. */
  readonly isUrgent?: boolean;
  readonly testId: string;
}

/** One line above the pictures, about what is so now and what can be done. */
export function Strip({ icon, sign, title, text, tone, children, isUrgent = false, testId }: Props) {
  return (
    <div className={styles.strip} data-tone={tone} data-testid={testId}>
      {sign}
      {icon !== undefined && <Icon name={icon} size={22} />}
      <p className={styles.text} role={isUrgent ? 'alert' : 'status'}>
        <strong>{title}</strong>
        {text !== undefined && <span>{text}</span>}
      </p>
      {children !== undefined && <div className={styles.actions}>{children}</div>}
    </div>
  );
}
