import type { ReactNode } from 'react';
import styles from './List.module.css';

/** Entries under each other, in an order that matters where they are numbered. */
export function List({ children, label, testId }: { readonly children: ReactNode; readonly label: string; readonly testId?: string }) {
  return (
    <ol className={styles.list} aria-label={label} data-testid={testId}>
      {children}
    </ol>
  );
}

interface EntryProps {
  readonly number?: number;
  readonly title: string;
  readonly text?: string;
  readonly isCurrent?: boolean;
  /** What can be done about it. */
  readonly children?: ReactNode;
  readonly testId?: string;
  /** Of whom it is. */
  readonly participant?: string;
}

export function Entry({ number, title, text, isCurrent = false, children, testId, participant }: EntryProps) {
  return (
    <li
      className={styles.row}
      data-current={isCurrent}
      data-testid={testId}
      data-participant={participant}
      {...(isCurrent && { 'aria-current': 'step' as const })}
    >
      {number !== undefined && <span className={styles.number}>{number}</span>}
      <p>
        <strong>{title}</strong>
        {text !== undefined && <span>{text}</span>}
      </p>
      {children !== undefined && <div>{children}</div>}
    </li>
  );
}
