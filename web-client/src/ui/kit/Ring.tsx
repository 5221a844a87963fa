import styles from './Ring.module.css';

const RADIUS = 17;
const ROUND = 2 * Math.PI * RADIUS;

/** How much of a time is left, from 1 to 0, as a ring that closes up. The words stand beside it. */
export function Ring({ rest, size = 40 }: { readonly rest: number; readonly size?: number }) {
  const part = Math.min(1, Math.max(0, rest));
  return (
    <svg className={styles.ring} aria-hidden="true" width={size} height={size} viewBox="0 0 40 40" fill="none" strokeWidth="5">
      <circle className={styles.track} cx="20" cy="20" r={RADIUS} />
      {part > 0 && (
        <circle className={styles.rest} cx="20" cy="20" r={RADIUS} strokeDasharray={ROUND} strokeDashoffset={ROUND * (1 - part)} />
      )}
    </svg>
  );
}
