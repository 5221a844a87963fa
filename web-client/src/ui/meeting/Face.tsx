import { initials } from '../../core/meeting';
import styles from './Face.module.css';

/** Stands for a participant without a picture. */
export function Face({ name, number }: { readonly name: string; readonly number: number }) {
  return (
    <span className={styles.face} data-tone={number % 6} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
