import { type ReactNode, type SubmitEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { encode } from 'uqr';
import type { Me, NewSecondFactor } from '../../core/protocol';
import { addSecondFactor, confirmSecondFactor, removeSecondFactor } from '../../io/identity';
import { Button } from '../kit/Button';
import { CopyButton } from '../kit/CopyButton';
import { Field } from '../kit/Field';
import styles from './AccountPage.module.css';
import { Card, type Failure, FailureText } from './Card';

interface Props {
  readonly me: Me;
  readonly onChanged: () => void;
}

/** A code beside the password: on, off, and what is kept for a lost telephone. */
export function SecondFactorCard({ me, onChanged }: Props) {
  const { t } = useTranslation();
  const [started, setStarted] = useState<NewSecondFactor | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const [typed, setTyped] = useState('');
  const [failure, setFailure] = useState<Failure | null>(null);

  const start = async () => {
    const fetched = await addSecondFactor();
    setFailure(fetched.type === 'ok' ? null : fetched);
    if (fetched.type === 'ok') setStarted(fetched.value);
  };
  const confirm = async () => {
    const fetched = await confirmSecondFactor(typed);
    setTyped('');
    setFailure(fetched.type === 'ok' ? null : fetched);
    if (fetched.type !== 'ok') return;
    setStarted(null);
    setCodes(fetched.value.codes);
    onChanged();
  };
  const remove = async () => {
    const fetched = await removeSecondFactor(typed);
    setTyped('');
    setFailure(fetched.type === 'ok' ? null : fetched);
    if (fetched.type === 'ok') onChanged();
  };

  return (
    <Card title={t('account.factor_title')} testId="factor-card">
      <div className={styles.stack}>
        {codes !== null ? (
          <Codes codes={codes} onKept={() => { setCodes(null); }} />
        ) : started !== null ? (
          <OneField label={t('sign_in.code')} typed={typed} onTyped={setTyped} submit={t('account.factor_confirm')} onSubmit={() => void confirm()} testId="factor-code">
            <p>{t('account.factor_scan')}</p>
            <Picture text={started.uri} />
            <p className={styles.soft}>{t('account.factor_type')}</p>
            <p className={styles.secret} data-testid="factor-secret">{started.secret}</p>
          </OneField>
        ) : me.account.second_factor ? (
          <OneField
            label={t('account.factor_password')}
            isPassword
            typed={typed}
            onTyped={setTyped}
            submit={t('account.factor_remove')}
            onSubmit={() => void remove()}
            testId="factor-password"
          >
            <p data-testid="factor-on">{t('account.factor_on', { number: me.recovery_codes })}</p>
          </OneField>
        ) : (
          <>
            <p>{t('account.factor_off')}</p>
            <div>
              <Button look="primary" label={t('account.factor_add')} onPress={() => void start()} testId="factor-add" />
            </div>
          </>
        )}
        <FailureText failure={failure} />
      </div>
    </Card>
  );
}

interface OneFieldProps {
  readonly label: string;
  readonly isPassword?: boolean;
  readonly typed: string;
  readonly onTyped: (typed: string) => void;
  readonly submit: string;
  readonly onSubmit: () => void;
  readonly testId: string;
  readonly children: ReactNode;
}

function OneField({ label, isPassword = false, typed, onTyped, submit, onSubmit, testId, children }: OneFieldProps) {
  return (
    <form
      className={styles.stack}
      onSubmit={(event: SubmitEvent) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
      <Field
        label={label}
        value={typed}
        onChange={onTyped}
        type={isPassword ? 'password' : 'text'}
        autoComplete={isPassword ? 'current-password' : 'one-time-code'}
        testId={testId}
      />
      <div>
        <Button type="submit" look={isPassword ? 'plain' : 'primary'} label={submit} isDisabled={typed.trim() === ''} testId={`${testId}-submit`} />
      </div>
    </form>
  );
}

function Codes({ codes, onKept }: { readonly codes: readonly string[]; readonly onKept: () => void }) {
  const { t } = useTranslation();
  return (
    <>
      <h3>{t('account.factor_codes')}</h3>
      <p>{t('account.factor_codes_hint')}</p>
      <ul className={styles.codes} data-testid="recovery-codes">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className={styles.row}>
        <CopyButton text={codes.join('\n')} name={t('account.factor_codes')} />
        <Button look="primary" label={t('account.factor_codes_kept')} onPress={onKept} testId="codes-kept" />
      </div>
    </>
  );
}

/** A QR code, always dark on white: cameras want it so. */
function Picture({ text }: { readonly text: string }) {
  const { t } = useTranslation();
  const { data, size } = encode(text, { border: 2 });
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join('');
  return (
    <svg className={styles.picture} viewBox={`0 0 ${size} ${size}`} role="img" aria-label={t('account.factor_picture')} data-testid="factor-picture">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" shapeRendering="crispEdges" />
    </svg>
  );
}
