import { type SubmitEvent, useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Me, PairedDevice } from '../../core/protocol';
import { getDevices, pairDevice, revokeDevice } from '../../io/identity';
import { Button } from '../kit/Button';
import { Field } from '../kit/Field';
import styles from './AccountPage.module.css';
import { Card, type Failure, FailureText, timeText } from './Card';

/** Whether somebody has a role that reaches devices of halls. */
export function looksAfterHalls(me: Me): boolean {
  return me.account.roles.some(({ role }) => role === 'administrator' || role === 'unit_administrator' || role === 'site_operator');
}

/** The devices of halls that one looks after: paired by the code on their screen, and revoked. */
export function DevicesCard({ me }: { readonly me: Me }) {
  const { t, i18n } = useTranslation();
  const ownSite = me.account.roles.find(({ role }) => role === 'site_operator')?.site ?? '';
  const [devices, setDevices] = useState<readonly PairedDevice[]>([]);
  const [code, setCode] = useState('');
  const [site, setSite] = useState(ownSite);
  const [name, setName] = useState('');
  const [failure, setFailure] = useState<Failure | null>(null);
  const load = useCallback(
    () =>
      getDevices().then((fetched) => {
        if (fetched.type === 'ok') setDevices(fetched.value.items);
        else setFailure(fetched);
      }),
    [],
  );
  useEffect(() => {
    void load();
  }, [load]);
  const pair = async () => {
    const fetched = await pairDevice({ code, site: site.trim(), name });
    setFailure(fetched.type === 'ok' ? null : fetched);
    if (fetched.type !== 'ok') return;
    setCode('');
    setName('');
    await load();
  };
  const revoke = async (id: string) => {
    const fetched = await revokeDevice(id);
    setFailure(fetched.type === 'ok' ? null : fetched);
    await load();
  };

  return (
    <Card title={t('hall_device.card_title')} testId="devices-card">
      <p className={styles.soft}>{t('hall_device.card_lead', { address: `${location.origin}/device` })}</p>
      <ul className={styles.list}>
        {devices.map((device) => (
          <li key={device.id} data-testid="device">
            <div>
              <p className={styles.strong}>{device.name}</p>
              <p className={styles.soft}>
                {device.site} ·{' '}
                {device.seen_at === null ? t('hall_device.unseen') : t('hall_device.seen', { time: timeText(device.seen_at, i18n.language) })}
              </p>
            </div>
            <Button
              label={t('hall_device.revoke')}
              aria-label={t('hall_device.revoke_of', { name: device.name })}
              onPress={() => void revoke(device.id)}
              testId="device-revoke"
            />
          </li>
        ))}
      </ul>
      <FailureText failure={failure} />
      <form
        className={styles.stack}
        onSubmit={(event: SubmitEvent) => {
          event.preventDefault();
          void pair();
        }}
      >
        <div className={styles.pair}>
          <Field label={t('hall_device.code')} value={code} onChange={setCode} maxLength={20} testId="device-code" />
          <Field label={t('hall_device.site')} hint={t('hall_device.site_hint')} value={site} onChange={setSite} maxLength={64} testId="device-site" />
        </div>
        <Field label={t('hall_device.name')} value={name} onChange={setName} maxLength={120} testId="device-name" />
        <div>
          <Button
            type="submit"
            label={t('hall_device.pair')}
            isDisabled={code.trim() === '' || site.trim() === '' || name.trim() === ''}
            testId="device-pair"
          />
        </div>
      </form>
    </Card>
  );
}
