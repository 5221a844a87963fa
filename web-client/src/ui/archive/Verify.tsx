import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type CheckedFile, checkedFiles, sizeText } from '../../core/archive/checked';
import type { ArchiveFinding, ArchiveManifest, ArchiveVerification } from '../../core/protocol';
import type { Archive } from '../../io/archive';
import { type Failure, FailureText } from '../account/Card';
import { Button } from '../kit/Button';
import { Icon } from '../kit/Icon';
import { Working } from './Working';
import styles from './Verify.module.css';

interface Props {
  readonly archive: Archive;
  readonly manifest: ArchiveManifest;
}

/** Checks the archive anew, and says what was looked at and what came of it. */
export function Verify({ archive, manifest }: Props) {
  const { t, i18n } = useTranslation();
  const [isBusy, setIsBusy] = useState(false);
  const [found, setFound] = useState<ArchiveVerification | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const size = manifest.files.reduce((sum, file) => sum + file.size, 0);
  const check = async () => {
    setIsBusy(true);
    setFound(null);
    const fetched = await archive.verify(manifest.meeting);
    setIsBusy(false);
    setFailure(fetched.type === 'ok' ? null : fetched);
    if (fetched.type === 'ok') setFound(fetched.value);
  };
  return (
    <section className={styles.verify} aria-label={t('archive.verify_title')} data-testid="verify-section">
      <h3>{t('archive.verify_title')}</h3>
      <p className={styles.about}>{t('archive.verify_about')}</p>
      <div>
        <Button look="primary" icon="check" label={t(found === null ? 'archive.verify' : 'archive.verify_again')} isDisabled={isBusy} onPress={() => void check()} testId="verify" />
      </div>
      {isBusy && <Working label={t('archive.verifying', { count: manifest.files.length, size: sizeText(size, i18n.language) })} />}
      <FailureText failure={failure} />
      {found !== null && <Verdict manifest={manifest} found={found} />}
    </section>
  );
}

function Verdict({ manifest, found }: { readonly manifest: ArchiveManifest; readonly found: ArchiveVerification }) {
  const { t, i18n } = useTranslation();
  const moment = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium', timeStyle: 'medium' });
  const isBroken = found.verdict === 'broken';
  return (
    <>
      <div className={styles.verdict} data-verdict={found.verdict} role="status" data-testid="verdict">
        <span className={styles.icon}>
          <Icon name={isBroken ? 'warning' : 'check'} size={28} />
        </span>
        <div>
          <strong>{t(`archive.verdict.${found.verdict}`)}</strong>
          <p>{t(`archive.verdict_text.${found.verdict}`, { files: found.files, events: found.events, additions: found.additions, faults: found.findings.length })}</p>
        </div>
      </div>
      <dl className={styles.facts}>
        <dt>{t('archive.signed_by')}</dt>
        <dd>{found.key === null ? t('archive.signed_by_nobody') : t(found.verdict === 'whole' ? 'archive.signed_here' : 'archive.signed_key', { key: found.key.slice(0, 16) })}</dd>
        {found.additions > 0 && (
          <>
            <dt>{t('archive.additions')}</dt>
            <dd>{found.additions}</dd>
          </>
        )}
        {found.stamp !== null && (
          <>
            <dt>{t('archive.stamped')}</dt>
            <dd>{t('archive.stamped_by', { authority: found.stamp.authority, at: moment.format(found.stamp.at) })}</dd>
          </>
        )}
        {found.locked > 0 && (
          <>
            <dt>{t('archive.locked')}</dt>
            <dd>{t('archive.locked_files', { count: found.locked })}</dd>
          </>
        )}
        {found.closing_hash !== null && (
          <>
            <dt>{t('archive.closing_hash')}</dt>
            <dd className={styles.hash}>{found.closing_hash}</dd>
          </>
        )}
      </dl>
      <ul className={styles.files} aria-label={t('archive.verified_files')} data-testid="verified-files">
        {checkedFiles(manifest, found).map((file) => (
          <FileLine key={file.path} file={file} />
        ))}
      </ul>
    </>
  );
}

function FileLine({ file }: { readonly file: CheckedFile }) {
  const { t } = useTranslation();
  const isWhole = file.findings.length === 0;
  return (
    <li data-whole={isWhole} data-testid="verified-file">
      <Icon name={isWhole ? 'check' : 'warning'} size={18} />
      <span className={styles.path}>{file.path}</span>
      {isWhole ? <span className={styles.whole}>{t('archive.file_whole')}</span> : <FindingTexts findings={file.findings} />}
    </li>
  );
}

function FindingTexts({ findings }: { readonly findings: readonly ArchiveFinding[] }) {
  const { t } = useTranslation();
  const { i18n } = useTranslation();
  const size = (bytes: number) => sizeText(bytes, i18n.language);
  const say = (finding: ArchiveFinding): string => {
    switch (finding.fault) {
      case 'unreadable':
        return t('archive.fault.unreadable', { reason: finding.reason });
      case 'renamed':
        return t('archive.fault.renamed', { from: finding.from });
      case 'truncated':
        return t('archive.fault.truncated', { signed: size(finding.signed), found: size(finding.found) });
      case 'swapped':
        return t('archive.fault.swapped', { with: finding.with });
      case 'unknown_format':
        return t('archive.fault.unknown_format', { version: finding.version });
      case 'foreign_signer':
        return t('archive.fault.foreign_signer', { key: finding.key.slice(0, 16) });
      case 'event_unreadable':
      case 'event_altered':
      case 'chain_broken':
        return t(`archive.fault.${finding.fault}`, { seq: finding.seq });
      case 'foreign_value':
        return t('archive.fault.foreign_value', { seq: finding.seq, field: finding.field });
      case 'missing':
      case 'added':
      case 'altered':
      case 'malformed':
      case 'signature_wrong':
      case 'closing_hash_differs':
      case 'out_of_place':
      case 'wrong_identity':
      case 'inside_altered':
        return t(`archive.fault.${finding.fault}`);
      case 'stamp_wrong':
        return t('archive.fault.stamp_wrong', { reason: t(`archive.stamp_fault.${finding.reason}`) });
      case 'foreign_authority':
        return t('archive.fault.foreign_authority', { authority: finding.authority });
    }
  };
  return (
    <ul className={styles.faults}>
      {findings.map((finding) => (
        <li key={JSON.stringify(finding)}>{say(finding)}</li>
      ))}
    </ul>
  );
}
