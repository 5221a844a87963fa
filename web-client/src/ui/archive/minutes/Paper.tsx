import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Archive } from '../../../io/archive';
import { type Failure, FailureText } from '../../account/Card';
import { Button } from '../../kit/Button';
import { Icon } from '../../kit/Icon';
import styles from '../Download.module.css';
import { Working } from '../Working';

interface Props {
  readonly archive: Archive;
  readonly address: string;
  readonly label: string;
  readonly name: string;
  readonly testId: string;
}

/** Something to be read on paper, in a tab of its own. With a token it is fetched first. */
export function Paper({ archive, address, label, name, testId }: Props) {
  const { t } = useTranslation();
  const [progress, setProgress] = useState<number | null>(null);
  const [there, setThere] = useState<string | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  useEffect(
    () => () => {
      if (there !== null) URL.revokeObjectURL(there);
    },
    [there],
  );
  if (archive.isByCookie || there !== null) {
    return (
      <a className={styles.link} href={there ?? address} target="_blank" rel="noreferrer" data-testid={testId} data-there={there !== null}>
        <Icon name="document" size={20} />
        {there === null ? label : t('archive.open_paper', { name })}
      </a>
    );
  }
  const get = async () => {
    setProgress(0);
    const fetched = await archive.blob(address, setProgress);
    setProgress(null);
    setFailure(fetched.type === 'ok' ? null : fetched);
    if (fetched.type === 'ok') setThere(URL.createObjectURL(fetched.value));
  };
  return (
    <div className={styles.get}>
      <Button icon="document" label={label} isDisabled={progress !== null} onPress={() => void get()} testId={testId} />
      {progress !== null && <Working label={t('archive.setting')} />}
      {failure !== null && <FailureText failure={failure} />}
    </div>
  );
}
