import type { ReactNode } from 'react';
import { Icon, type IconName } from './Icon';
import { Page } from './Page';
import styles from './Message.module.css';

interface Props {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
  readonly testId?: string;
}

/** A page that says one thing. */
export function MessagePage({ icon, title, children, action, testId }: Props) {
  return (
    <Page narrow>
      <div className={styles.message} data-testid={testId}>
        <span className={styles.icon}>
          <Icon name={icon} size={30} />
        </span>
        <h1>{title}</h1>
        <div className={styles.text}>{children}</div>
        {action}
      </div>
    </Page>
  );
}
