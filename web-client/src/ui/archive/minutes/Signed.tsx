import { useState } from 'react';
import { FileTrigger } from 'react-aria-components/FileTrigger';
import { useTranslation } from 'react-i18next';
import type { MeetingId, PdfSignature, SignedMinutes } from '../../../core/protocol';
import type { Archive } from '../../../io/archive';
import { type Failure, FailureText, timeText } from '../../account/Card';
import { Button } from '../../kit/Button';
import { Icon } from '../../kit/Icon';
import { Working } from '../Working';
import styles from './Course.module.css';

/** The largest signed file, in bytes. */
const LARGEST = 64 * 1024 * 1024;

interface Props {
  readonly archive: Archive;
  readonly meeting: MeetingId;
  readonly signed: SignedMinutes | null;
  readonly maySign: boolean;
  readonly onSigned: () => void;
}

/** The signed file comes back: whose signatures are on it, or why it was not taken. */
export function Signed({ archive, meeting, signed, maySign, onSigned }: Props) {
  const { t } = useTranslation();
  const [progress, setProgress] = useState<number | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const take = async (file: File | undefined) => {
    if (file === undefined) return;
    if (file.size > LARGEST) {
      setFailure({ type: 'refused', code: 'too_large' });
      return;
    }
    setFailure(null);
    setProgress(0);
    const fetched = await archive.putSigned(meeting, file, setProgress);
    setProgress(null);
    if (fetched.type === 'ok') onSigned();
    else setFailure(fetched);
  };
  return (
    <div className={styles.signed} data-testid="signed">
      <h4>{t('archive.signed_title')}</h4>
      {signed === null ? <p className={styles.soft}>{t('archive.signed_none')}</p> : <Signatures signed={signed} />}
      {maySign && (
        <div>
          <FileTrigger acceptedFileTypes={['application/pdf']} onSelect={(files) => void take(files?.[0])}>
            <Button icon="signature" label={t(signed === null ? 'archive.take_signed' : 'archive.take_signed_again')} isDisabled={progress !== null} testId="take-signed" />
          </FileTrigger>
        </div>
      )}
      {progress !== null && <Working label={t(progress < 1 ? 'archive.uploading' : 'archive.comparing')} {...(progress < 1 && { progress })} />}
      {failure !== null && (
        <div className={styles.refused} data-testid="signed-refused">
          <FailureText failure={failure} />
          {failure.type === 'refused' && failure.detail !== undefined && <p className={styles.detail}>{t('archive.refused_detail', { detail: failure.detail })}</p>}
          <p className={styles.detail}>{t('archive.signed_refused_todo')}</p>
        </div>
      )}
    </div>
  );
}

export function Signatures({ signed }: { readonly signed: SignedMinutes }) {
  const { t } = useTranslation();
  return (
    <>
      <p>{t(`archive.sameness.${signed.sameness}`)}</p>
      <ul className={styles.signatures} aria-label={t('archive.signatures')} data-testid="signatures">
        {signed.signatures.map((signature, index) => (
          <Signature key={index} signature={signature} />
        ))}
      </ul>
    </>
  );
}

function Signature({ signature }: { readonly signature: PdfSignature }) {
  const { t, i18n } = useTranslation();
  const { signer, organisation, issuer, at, finding, covers_whole_file: isWhole } = signature;
  return (
    <li data-finding={finding} data-testid="signature">
      <Icon name={finding === 'valid' ? 'check' : 'warning'} size={20} />
      <div>
        <strong>{signer === '' ? t('archive.signer_unreadable') : signer}</strong>
        {organisation !== null && <span> · {organisation}</span>}
        <p>{t(`archive.signature.${finding}`)}</p>
        <p className={styles.soft}>
          {t('archive.certificate', { issuer })}
          {at !== null && ` · ${t('archive.signed_at', { time: timeText(at, i18n.language) })}`}
          {` · ${t(isWhole ? 'archive.covers_all' : 'archive.covers_part')}`}
        </p>
      </div>
    </li>
  );
}
