import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Fetched } from '../../io/rest';
import styles from './AccountPage.module.css';

/** What did not come off. */
export type Failure = Exclude<Fetched<unknown>, { type: 'ok' }>;

/** A part of the account's page. */
export function Card({ title, children, testId }: { readonly title: string; readonly children: ReactNode; readonly testId: string }) {
  return (
    <section className={styles.card} data-testid={testId}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** Says what did not come off, and why. */
export function FailureText({ failure }: { readonly failure: Failure | null }) {
  const { t } = useTranslation();
  return (
    <p role="alert" className={styles.failure}>
      {failure === null ? '' : failure.type === 'refused' ? t(`error.${failure.code}`) : t('unreachable')}
    </p>
  );
}

/** A moment, as it is written here. */
export function timeText(at: number, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'short', timeStyle: 'short' }).format(at);
}
