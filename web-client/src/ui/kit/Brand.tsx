import styles from './Brand.module.css';

/** The mark: sites joined to the one in the middle. */
export function Brand({ withName = true }: { readonly withName?: boolean }) {
  return (
    <span className={styles.brand}>
      <svg aria-hidden="true" width="32" height="32" viewBox="0 0 32 32">
        <rect width="32" height="32" rx="8" fill="#14508c" />
        <path d="M7 20.5a9 9 0 0 1 18 0" fill="none" stroke="#fff" strokeWidth="2.6" strokeLinecap="round" />
        <circle cx="7" cy="21" r="3" fill="#fff" />
        <circle cx="25" cy="21" r="3" fill="#fff" />
        <circle cx="16" cy="11.6" r="3.2" fill="#f2c14e" />
      </svg>
      {withName && <span className={styles.name}>Điểm Cầu</span>}
    </span>
  );
}
