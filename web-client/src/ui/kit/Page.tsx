import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Brand } from './Brand';
import { Preferences } from './Preferences';
import styles from './Page.module.css';

interface Props {
  readonly children: ReactNode;
  readonly narrow?: boolean;
  /** For what stands side by side. */
  readonly wide?: boolean;
}

/** The frame of every page but the meeting. */
export function Page({ children, narrow = false, wide = false }: Props) {
  const { t } = useTranslation();
  return (
    <div className={styles.page}>
      <a className={styles.skip} href="#content" onClick={focusContent}>
        {t('app.skip')}
      </a>
      <header className={styles.header}>
        <Brand />
        <Preferences />
      </header>
      <main id="content" tabIndex={-1} className={narrow ? styles.narrow : wide ? styles.wide : styles.main}>
        {children}
      </main>
    </div>
  );
}

/** Without touching the fragment: it is the invitation. */
function focusContent(event: { preventDefault: () => void }): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}
