import { type SubmitEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { changePassword } from '../../io/identity';
import { Button } from '../kit/Button';
import { Field } from '../kit/Field';
import styles from './AccountPage.module.css';
import { Card, type Failure, FailureText } from './Card';

/** Another password; every other session ends. */
export function PasswordCard() {
  const { t } = useTranslation();
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const [isChanged, setIsChanged] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);

  const submit = async () => {
    const fetched = await changePassword(current, password);
    setIsChanged(fetched.type === 'ok');
    setFailure(fetched.type === 'ok' ? null : fetched);
    if (fetched.type !== 'ok') return;
    setCurrent('');
    setPassword('');
  };

  return (
    <Card title={t('account.password_title')} testId="password-card">
      <form
        className={styles.stack}
        onSubmit={(event: SubmitEvent) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Field
          label={t('account.current')}
          value={current}
          onChange={setCurrent}
          type="password"
          autoComplete="current-password"
          testId="current-password"
        />
        <Field
          label={t('sign_in.new_password')}
          hint={t('sign_in.rules')}
          value={password}
          onChange={setPassword}
          type="password"
          autoComplete="new-password"
          testId="next-password"
        />
        <FailureText failure={failure} />
        <p role="status">{isChanged ? t('account.changed') : ''}</p>
        <div>
          <Button type="submit" label={t('account.change')} isDisabled={current === '' || password === ''} testId="change-password" />
        </div>
      </form>
    </Card>
  );
}
