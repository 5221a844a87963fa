import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DemoPage } from '../../core/protocol';
import { getDemo } from '../../io/rest';
import { Page } from '../kit/Page';
import { InviteLinks } from './InviteLinks';
import styles from './StartPage.module.css';

/** `/`: what this is, and in a demonstration the ready links. */
export function StartPage() {
  const { t } = useTranslation();
  const [demo, setDemo] = useState<DemoPage | null | 'unknown'>('unknown');
  useEffect(() => {
    let isCurrent = true;
    void getDemo().then((fetched) => {
      if (isCurrent) setDemo(fetched.type === 'ok' ? fetched.value : null);
    });
    return () => {
      isCurrent = false;
    };
  }, []);
  return (
    <Page>
      <div className={styles.intro}>
        <h1>{t('app.tagline')}</h1>
        <p>{t('start.lead')}</p>
      </div>
      {demo === 'unknown' ? null : demo === null ? (
        <section className={styles.card}>
          <h2>{t('start.invitation')}</h2>
          <p>{t('start.invitation_hint')}</p>
        </section>
      ) : (
        <section aria-labelledby="demo" data-testid="demo">
          <div className={styles.card}>
            <p className={styles.eyebrow}>{t('start.demo_title')}</p>
            <h2 id="demo">{demo.title}</h2>
            <p className={styles.host}>{t('start.hosted_by', { unit: demo.host_unit })}</p>
            <p>{t('start.demo_lead')}</p>
          </div>
          <InviteLinks links={demo.links} />
        </section>
      )}
    </Page>
  );
}
