import { ProgressBar } from 'react-aria-components/ProgressBar';
import styles from './Working.module.css';

interface Props {
  readonly label: string;
  /** From 0 to 1; absent where nobody knows. */
  readonly progress?: number;
}

/** Something takes a while: what, and how far it is. */
export function Working({ label, progress }: Props) {
  return (
    <div className={styles.working} role="status" data-testid="working">
      <p>{label}</p>
      <ProgressBar aria-label={label} {...(progress === undefined ? { isIndeterminate: true } : { value: progress * 100 })} className={styles.progress ?? ''}>
        {({ percentage }) => <div className={progress === undefined ? styles.sweep : styles.bar} style={progress === undefined ? {} : { width: `${percentage ?? 0}%` }} />}
      </ProgressBar>
    </div>
  );
}
