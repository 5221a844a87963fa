import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Archive, save } from '../../io/archive';
import { type Failure, FailureText } from '../account/Card';
import { Button } from '../kit/Button';
import { Icon } from '../kit/Icon';
import styles from './Download.module.css';
import { Working } from './Working';

interface Props {
  readonly archive: Archive;
  readonly address: string;
  /** As it is called on the user's disk. */
  readonly name: string;
  readonly label: string;
  /** What is read out, where the label alone does not say which file. */
  readonly says?: string;
  readonly testId?: string;
}

/** Keeps a file: by the browser itself, or, with a token, fetched by the page with its progress. */
export function Download({ archive, address, name, label, says, testId }: Props) {
  const { t } = useTranslation();
  const [progress, setProgress] = useState<number | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  if (archive.isByCookie) {
    return (
      <a className={styles.link} href={address} download={name} {...(says !== undefined && { 'aria-label': says })} data-testid={testId}>
        <Icon name="download" size={20} />
        {label}
      </a>
    );
  }
  const get = async () => {
    setProgress(0);
    const fetched = await archive.blob(address, setProgress);
    setProgress(null);
    setFailure(fetched.type === 'ok' ? null : fetched);
    if (fetched.type === 'ok') save(fetched.value, name);
  };
  return (
    <div className={styles.get}>
      <Button icon="download" label={label} isDisabled={progress !== null} onPress={() => void get()} {...(says !== undefined && { 'aria-label': says })} {...(testId !== undefined && { testId })} />
      {progress !== null && <Working label={t('archive.fetching', { name })} progress={progress} />}
      {failure !== null && <FailureText failure={failure} />}
    </div>
  );
}
