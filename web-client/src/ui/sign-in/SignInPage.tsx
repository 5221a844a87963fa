import { type ReactNode, type SubmitEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { parseErrorCode } from '../../core/parse';
import { getSignInOptions, PROVIDER_START, setFirstPassword, signIn } from '../../io/identity';
import type { Fetched } from '../../io/rest';
import { Button } from '../kit/Button';
import { Field } from '../kit/Field';
import { Page } from '../kit/Page';
import styles from './SignInPage.module.css';

type Failure = Exclude<Fetched<unknown>, { type: 'ok' }>;

/** `/sign-in`: signs in; `#link=…` chooses a password; `#error=…` says what came of the provider. */
export default function SignInPage({ fragment }: { readonly fragment: URLSearchParams }) {
  const [isSet, setIsSet] = useState(false);
  const link = fragment.get('link');
  if (link !== null && !isSet) {
    return <ChoosePassword link={link} onSet={() => { setIsSet(true); }} />;
  }
  const error = fragment.get('error');
  const failure: Failure | null = error === null ? null : { type: 'refused', code: parseErrorCode(error) };
  return <SignInForm isSet={isSet} failed={failure} />;
}

function SignInForm({ isSet, failed }: { readonly isSet: boolean; readonly failed: Failure | null }) {
  const { t } = useTranslation();
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState<string | null>(null);
  const [failure, setFailure] = useState(failed);
  const [isBusy, setIsBusy] = useState(false);
  const provider = useProvider();

  const submit = async () => {
    setIsBusy(true);
    const fetched = await signIn({ login, password, code });
    if (fetched.type === 'ok') {
      location.assign('/account');
      return;
    }
    setIsBusy(false);
    if (fetched.type === 'refused' && fetched.code === 'code_needed') {
      setCode('');
      setFailure(null);
    } else {
      setFailure(fetched);
      if (code !== null) setCode('');
    }
  };

  return (
    <Frame title={t('sign_in.title')} lead={isSet ? t('sign_in.done') : t('sign_in.lead')} failure={failure} onSubmit={() => void submit()}>
      {code === null ? (
        <>
          <Field label={t('sign_in.login')} value={login} onChange={setLogin} autoComplete="username" maxLength={64} required testId="login" />
          <Field
            label={t('sign_in.password')}
            value={password}
            onChange={setPassword}
            type="password"
            autoComplete="current-password"
            required
            testId="password"
          />
        </>
      ) : (
        <Field
          label={t('sign_in.code')}
          hint={t('sign_in.code_hint')}
          value={code}
          onChange={setCode}
          autoComplete="one-time-code"
          maxLength={30}
          required
          testId="code"
        />
      )}
      <Button
        type="submit"
        look="primary"
        large
        label={isBusy ? t('sign_in.busy') : t('sign_in.submit')}
        isDisabled={isBusy || (code === null ? login.trim() === '' || password === '' : code.trim() === '')}
        testId="sign-in"
      />
      {code !== null && <Button look="quiet" label={t('sign_in.back')} onPress={() => { setCode(null); setFailure(null); }} />}
      {code === null && provider !== null && (
        <>
          <p className={styles.or}>{t('sign_in.or')}</p>
          <Button
            large
            icon="people"
            label={t('sign_in.with', { provider })}
            onPress={() => { location.assign(PROVIDER_START); }}
            testId="provider"
          />
        </>
      )}
    </Frame>
  );
}

/** What the provider is called, where there is one. */
function useProvider(): string | null {
  const [provider, setProvider] = useState<string | null>(null);
  useEffect(() => {
    let isCurrent = true;
    void getSignInOptions().then((fetched) => {
      if (isCurrent && fetched.type === 'ok') setProvider(fetched.value.provider);
    });
    return () => {
      isCurrent = false;
    };
  }, []);
  return provider;
}

function ChoosePassword({ link, onSet }: { readonly link: string; readonly onSet: () => void }) {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [failure, setFailure] = useState<Failure | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const differs = again !== '' && again !== password;

  const submit = async () => {
    setIsBusy(true);
    const fetched = await setFirstPassword(link, password);
    setIsBusy(false);
    if (fetched.type !== 'ok') {
      setFailure(fetched);
      return;
    }
    // The link is used up; it need not stay in the history.
    history.replaceState(null, '', '/sign-in');
    onSet();
  };

  return (
    <Frame title={t('sign_in.link_title')} lead={t('sign_in.link_lead')} failure={failure} onSubmit={() => void submit()}>
      <Field
        label={t('sign_in.new_password')}
        hint={t('sign_in.rules')}
        value={password}
        onChange={setPassword}
        type="password"
        autoComplete="new-password"
        required
        testId="new-password"
      />
      <Field
        label={t('sign_in.again')}
        {...(differs && { hint: t('sign_in.differs') })}
        value={again}
        onChange={setAgain}
        type="password"
        autoComplete="new-password"
        required
        testId="new-password-again"
      />
      <Button
        type="submit"
        look="primary"
        large
        label={t('sign_in.set')}
        isDisabled={isBusy || password === '' || again !== password}
        testId="set-password"
      />
    </Frame>
  );
}

interface FrameProps {
  readonly title: string;
  readonly lead: string;
  readonly failure: Failure | null;
  readonly onSubmit: () => void;
  readonly children: ReactNode;
}

function Frame({ title, lead, failure, onSubmit, children }: FrameProps) {
  const { t } = useTranslation();
  return (
    <Page narrow>
      <form
        className={styles.card}
        onSubmit={(event: SubmitEvent) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        <h1>{title}</h1>
        <p className={styles.lead}>{lead}</p>
        <p role="alert" className={styles.failure} data-testid="failure">
          {failure === null ? '' : failure.type === 'refused' ? t(`error.${failure.code}`) : t('unreachable')}
        </p>
        {children}
      </form>
    </Page>
  );
}
