import { useTranslation } from 'react-i18next';
import { ROLES } from '../../core/meeting';
import type { InviteLink } from '../../core/protocol';
import { CopyButton } from '../kit/CopyButton';
import { Icon } from '../kit/Icon';
import styles from './InviteLinks.module.css';

/** Ready links: people by role, then the operators of sites by unit. */
export function InviteLinks({ links }: { readonly links: readonly InviteLink[] }) {
  const { t } = useTranslation();
  const people = links
    .filter((link) => link.role !== 'operator')
    .sort((a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role));
  const sites = Map.groupBy(
    links.filter((link) => link.role === 'operator'),
    (link) => link.unit ?? t('start.no_unit'),
  );
  return (
    <>
      {people.length > 0 && (
        <section className={styles.section}>
          <h3>{t('start.people')}</h3>
          <Links links={people} />
        </section>
      )}
      {sites.size > 0 && (
        <section className={styles.section}>
          <h3>{t('start.sites')}</h3>
          <div className={styles.units}>
            {[...sites].map(([unit, own]) => (
              <section key={unit}>
                <h4>{unit}</h4>
                <Links links={own} />
              </section>
            ))}
          </div>
        </section>
      )}
    </>
  );
}

function Links({ links }: { readonly links: readonly InviteLink[] }) {
  const { t } = useTranslation();
  return (
    <ul className={styles.links}>
      {links.map((link) => {
        const name = link.name ?? t('start.guest');
        return (
          <li key={link.participant} className={styles.link} data-testid="invite" data-role={link.role}>
            <span className={styles.who}>
              <span className={styles.name}>{name}</span>
              <span className={styles.role}>
                {t(`role.${link.role}`)}
                {link.role !== 'operator' && link.unit !== null && ` · ${link.unit}`}
              </span>
            </span>
            <a
              className={styles.open}
              href={link.path}
              target="_blank"
              rel="noreferrer"
              aria-label={t('start.open_as', { name })}
              data-testid="invite-open"
            >
              {t('start.open')}
              <Icon name="arrow" size={18} />
            </a>
            <CopyButton text={new URL(link.path, location.origin).href} name={name} />
          </li>
        );
      })}
    </ul>
  );
}
