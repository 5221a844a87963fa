import { type SubmitEvent, useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApiToken, NewApiToken, TokenScope } from '../../core/protocol';
import { createToken, getTokens, revokeToken } from '../../io/identity';
import { Button } from '../kit/Button';
import { Choice } from '../kit/Choice';
import { CopyButton } from '../kit/CopyButton';
import { Field } from '../kit/Field';
import { Toggle } from '../kit/Toggle';
import styles from './AccountPage.module.css';
import { Card, type Failure, FailureText, timeText } from './Card';

/** Every scope, by the key of its text. */
const SCOPES = {
  organisation_read: 'organisation:read',
  organisation_write: 'organisation:write',
  accounts_read: 'accounts:read',
  accounts_write: 'accounts:write',
  meetings_read: 'meetings:read',
  meetings_write: 'meetings:write',
  archives_read: 'archives:read',
  archives_write: 'archives:write',
  audit_read: 'audit:read',
  devices_read: 'devices:read',
  devices_write: 'devices:write',
} as const satisfies Record<string, TokenScope>;

const KEYS = Object.keys(SCOPES) as (keyof typeof SCOPES)[];
const DAYS = ['7', '30', '90', '365'] as const;

/** Tokens with which programs act for one. */
export function TokensCard() {
  const { t } = useTranslation();
  const [tokens, setTokens] = useState<readonly ApiToken[]>([]);
  const [shown, setShown] = useState<NewApiToken | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const load = useCallback(
    () =>
      getTokens().then((fetched) => {
        if (fetched.type === 'ok') setTokens(fetched.value.items);
        else setFailure(fetched);
      }),
    [],
  );
  useEffect(() => {
    void load();
  }, [load]);
  const revoke = async (id: string) => {
    const fetched = await revokeToken(id);
    setFailure(fetched.type === 'ok' ? null : fetched);
    if (shown?.token.id === id) setShown(null);
    await load();
  };

  return (
    <Card title={t('account.tokens_title')} testId="tokens-card">
      <p className={styles.soft}>{t('account.tokens_lead')}</p>
      {tokens.length === 0 && <p>{t('account.none')}</p>}
      <ul className={styles.list}>
        {tokens.map((token) => (
          <TokenRow key={token.id} token={token} onRevoke={() => void revoke(token.id)} />
        ))}
      </ul>
      {shown !== null && (
        <div className={styles.shown} role="status">
          <p className={styles.strong}>{t('account.token_shown')}</p>
          <p className={styles.secret} data-testid="token-secret">{shown.secret}</p>
          <div>
            <CopyButton text={shown.secret} name={shown.token.name} />
          </div>
        </div>
      )}
      <FailureText failure={failure} />
      <NewToken
        onCreated={(created) => {
          setFailure(null);
          setShown(created);
          void load();
        }}
        onFailed={setFailure}
      />
    </Card>
  );
}

function TokenRow({ token, onRevoke }: { readonly token: ApiToken; readonly onRevoke: () => void }) {
  const { t, i18n } = useTranslation();
  const time = (at: number) => timeText(at, i18n.language);
  const scopes = KEYS.filter((key) => token.scopes.includes(SCOPES[key])).map((key) => t(`token_scope.${key}`));
  const used = token.used_at === null ? t('account.token_unused') : t('account.token_used', { time: time(token.used_at) });
  return (
    <li data-testid="token">
      <div>
        <p className={styles.strong}>{token.name}</p>
        <p className={styles.soft}>{scopes.join(' · ')}</p>
        <p className={styles.soft}>
          {t('account.token_until', { time: time(token.expires_at) })} · {used}
        </p>
      </div>
      <Button label={t('account.token_revoke')} aria-label={t('account.token_revoke_of', { name: token.name })} onPress={onRevoke} />
    </li>
  );
}

interface NewTokenProps {
  readonly onCreated: (created: NewApiToken) => void;
  readonly onFailed: (failure: Failure) => void;
}

function NewToken({ onCreated, onFailed }: NewTokenProps) {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const [days, setDays] = useState<(typeof DAYS)[number]>('90');
  const [chosen, setChosen] = useState<readonly (keyof typeof SCOPES)[]>([]);
  const submit = async () => {
    const scopes = chosen.map((key) => SCOPES[key]);
    const fetched = await createToken({ name, scopes, unit: null, days: Number(days) });
    if (fetched.type !== 'ok') {
      onFailed(fetched);
      return;
    }
    setName('');
    setChosen([]);
    onCreated(fetched.value);
  };
  return (
    <form
      className={styles.stack}
      onSubmit={(event: SubmitEvent) => {
        event.preventDefault();
        void submit();
      }}
    >
      <div className={styles.pair}>
        <Field label={t('account.token_name')} value={name} onChange={setName} maxLength={120} testId="token-name" />
        <Choice
          label={t('account.token_days')}
          options={DAYS.map((number) => ({ id: number, label: t('account.token_days_of', { number }) }))}
          value={days}
          onChange={setDays}
        />
      </div>
      <fieldset className={styles.scopes}>
        <legend>{t('account.token_scopes')}</legend>
        {KEYS.map((key) => (
          <Toggle
            key={key}
            label={t(`token_scope.${key}`)}
            value={chosen.includes(key)}
            onChange={(isOn) => { setChosen(isOn ? [...chosen, key] : chosen.filter((other) => other !== key)); }}
            testId={`scope-${key}`}
          />
        ))}
      </fieldset>
      <div>
        <Button type="submit" label={t('account.token_create')} isDisabled={name.trim() === '' || chosen.length === 0} testId="token-create" />
      </div>
    </form>
  );
}
