import { useTranslation } from 'react-i18next';
import type { Session } from '../../io/session';
import { Button } from '../kit/Button';
import { useStore } from '../useStore';
import styles from './Pager.module.css';

/** Turns the pages of a grid. */
export function Pager({ session }: { readonly session: Session }) {
  const { t } = useTranslation();
  const { page, pages } = useStore(session.view).arrangement;
  if (pages < 2) return null;
  return (
    <nav className={styles.pager} aria-label={t('pages.label')} data-testid="pager" data-page={page + 1} data-pages={pages}>
      <Button
        look="quiet"
        iconOnly
        icon="back"
        label={t('pages.before')}
        isDisabled={page === 0}
        onPress={() => { session.turnTo(page - 1); }}
        testId="page-before"
      />
      <span aria-live="polite">{t('pages.page', { page: page + 1, pages })}</span>
      <Button
        look="quiet"
        iconOnly
        icon="next"
        label={t('pages.after')}
        isDisabled={page === pages - 1}
        onPress={() => { session.turnTo(page + 1); }}
        testId="page-after"
      />
    </nav>
  );
}
