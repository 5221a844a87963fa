import { useCallback, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { MeetingId, MinutesEdit, MinutesVersion } from '../../../core/protocol';
import { addressOf, type Archive } from '../../../io/archive';
import { FailureText, timeText } from '../../account/Card';
import { Chip } from '../../kit/Section';
import { Download } from '../Download';
import { useLoaded } from '../useLoaded';
import styles from './Course.module.css';
import { Signatures } from './Signed';

interface Props {
  readonly archive: Archive;
  readonly meeting: MeetingId;
  /** The state of the draft; asked for again when it changes. */
  readonly seen: string;
}

/** What was issued, and every edit on the way. */
export function Versions({ archive, meeting, seen }: Props) {
  const { t, i18n } = useTranslation();
  const { loaded, reload } = useLoaded(useCallback(() => archive.versions(meeting), [archive, meeting]));
  const before = useRef(seen);
  useEffect(() => {
    if (before.current !== seen) reload();
    before.current = seen;
  }, [seen, reload]);
  if (loaded.type === 'loading') return null;
  if (loaded.type !== 'ok') return <FailureText failure={loaded} />;
  const { versions, revisions } = loaded.value;
  return (
    <section className={styles.versions} aria-label={t('archive.versions')} data-testid="versions">
      <h3>{t('archive.versions')}</h3>
      {versions.length === 0 && <p className={styles.soft}>{t('archive.versions_none')}</p>}
      <ul>
        {versions.map((version) => (
          <Version key={version.version} archive={archive} meeting={meeting} version={version} />
        ))}
      </ul>
      {revisions.length > 0 && (
        <details data-testid="revisions">
          <summary>{t('archive.revisions', { count: revisions.length })}</summary>
          <ol>
            {[...revisions].reverse().map(({ revision: number, by, at, edit }) => (
              <li key={number} className={styles.revision}>
                <strong>{t('archive.revision', { number })}</strong>
                <span>{t(`archive.edit.${edit.type}`, { text: textOf(edit) })}</span>
                <span className={styles.soft}>
                  {by.name} · {timeText(at, i18n.language)}
                </span>
              </li>
            ))}
          </ol>
        </details>
      )}
    </section>
  );
}

function Version({ archive, meeting, version }: { readonly archive: Archive; readonly meeting: MeetingId; readonly version: MinutesVersion }) {
  const { t, i18n } = useTranslation();
  const { number, issued, superseded, signed, files } = version;
  return (
    <li data-testid="version">
      <p>
        <strong>{t('archive.version', { number })}</strong>{' '}
        {superseded && <Chip tone="hand">{t('archive.superseded')}</Chip>}
        {signed !== null && <Chip tone="good" icon="signature">{t('archive.minutes_state.signed')}</Chip>}
      </p>
      <p className={styles.soft}>{t('archive.issued_by', { name: issued.by.name, time: timeText(issued.at, i18n.language) })}</p>
      {superseded && signed !== null && <Signatures signed={signed} />}
      <div className={styles.actions}>
        {files.map((file) => (
          <Download
            key={file}
            archive={archive}
            address={`${addressOf(meeting)}/minutes/versions/${version.version}/${file}`}
            name={`${number.replaceAll('/', '-')}.${file}`}
            label={file}
            says={t('archive.download_of', { name: `${number} ${file}` })}
            testId="version-file"
          />
        ))}
      </div>
    </li>
  );
}

/** What an edit is about, shortly. */
function textOf(edit: MinutesEdit): string {
  switch (edit.type) {
    case 'correct':
    case 'write':
    case 'rewrite':
      return edit.text.slice(0, 120);
    case 'leave_out':
      return edit.reason.slice(0, 120);
    case 'restore':
    case 'remove':
      return edit.key;
  }
}
