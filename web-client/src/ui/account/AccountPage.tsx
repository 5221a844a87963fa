import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Me } from '../../core/protocol';
import { getMe, signOut } from '../../io/identity';
import { Button } from '../kit/Button';
import { MessagePage } from '../kit/Message';
import { Page } from '../kit/Page';
import styles from './AccountPage.module.css';
import { DevicesCard, looksAfterHalls } from './DevicesCard';
import { PasswordCard } from './PasswordCard';
import { SecondFactorCard } from './SecondFactorCard';
import { SessionsCard } from './SessionsCard';
import { TokensCard } from './TokensCard';

/** `/account`: one's own account. */
export default function AccountPage() {
  const { t } = useTranslation();
  const [me, setMe] = useState<Me | null>(null);
  const [isAway, setIsAway] = useState(false);
  const load = useCallback(
    () =>
      getMe().then((fetched) => {
        if (fetched.type === 'ok') setMe(fetched.value);
        else if (fetched.type === 'refused') location.replace('/sign-in');
        else setIsAway(true);
      }),
    [],
  );
  useEffect(() => {
    void load();
  }, [load]);

  if (me === null) {
    return isAway ? (
      <MessagePage icon="warning" title={t('account.title')}>
        {t('unreachable')}
      </MessagePage>
    ) : (
      <Page>{null}</Page>
    );
  }
  return (
    <Page>
      <div className={styles.head}>
        <div>
          <p className={styles.eyebrow}>{t('account.title')}</p>
          <h1 data-testid="me">{me.name}</h1>
        </div>
        <Button icon="leave" label={t('account.sign_out')} onPress={() => void leave()} testId="sign-out" />
      </div>
      <Facts me={me} />
      <div className={styles.cards}>
        {me.account.has_password && <PasswordCard />}
        {me.account.has_password && <SecondFactorCard me={me} onChanged={() => void load()} />}
        {looksAfterHalls(me) && <DevicesCard me={me} />}
        <SessionsCard />
        <TokensCard />
      </div>
    </Page>
  );
}

function Facts({ me }: { readonly me: Me }) {
  const { t } = useTranslation();
  const roles = me.account.roles.map(({ role, unit, site }) => {
    const place = unit ?? site;
    const name = t(`system_role.${role}`);
    return place === undefined ? name : t('account.at_unit', { role: name, place });
  });
  return (
    <dl className={styles.facts} data-testid="facts">
      <dt>{t('account.unit')}</dt>
      <dd>{me.unit_name}</dd>
      {me.position !== null && (
        <>
          <dt>{t('account.position')}</dt>
          <dd>{me.position}</dd>
        </>
      )}
      <dt>{t('account.login')}</dt>
      <dd>
        {me.account.login}
        {me.method === 'provider' && <span className={styles.soft}> · {t('account.by_provider')}</span>}
      </dd>
      <dt>{t('account.roles')}</dt>
      <dd>{roles.length === 0 ? t('system_role.member') : roles.join(', ')}</dd>
    </dl>
  );
}

async function leave(): Promise<void> {
  const fetched = await signOut();
  const provider = fetched.type === 'ok' ? fetched.value.provider : null;
  location.assign(provider ?? '/sign-in');
}
