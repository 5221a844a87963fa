import { useTranslation } from 'react-i18next';
import { filesByUse, sizeText } from '../../core/archive/checked';
import type { ArchiveManifest } from '../../core/protocol';
import { addressOf, type Archive, fileAddress } from '../../io/archive';
import { Download } from './Download';
import styles from './FilesTab.module.css';
import { Verify } from './Verify';

interface Props {
  readonly archive: Archive;
  readonly manifest: ArchiveManifest;
}

/** Everything that the meeting left behind: to take along, and to prove. */
export function FilesTab({ archive, manifest }: Props) {
  const { t, i18n } = useTranslation();
  const { meeting, files } = manifest;
  const size = files.reduce((sum, file) => sum + file.size, 0);
  return (
    <div className={styles.tab}>
      <Verify archive={archive} manifest={manifest} />
      <section className={styles.files} aria-label={t('archive.files_title')}>
        <h3>{t('archive.files_title')}</h3>
        <div className={styles.whole}>
          <p>{t('archive.whole_about', { count: files.length, size: sizeText(size, i18n.language) })}</p>
          <Download archive={archive} address={`${addressOf(meeting)}/archive.zip`} name={`${meeting}.zip`} label={t('archive.whole')} testId="download-whole" />
        </div>
        {filesByUse(files).map((group) => (
          <div key={group.use}>
            <h4>{t(`archive.use.${group.use}`)}</h4>
            <ul>
              {group.files.map((file) => (
                <li key={file.path} data-testid="file">
                  <span className={styles.path}>{file.path}</span>
                  <span className={styles.size}>{sizeText(file.size, i18n.language)}</span>
                  <Download
                    archive={archive}
                    address={fileAddress(meeting, file.path)}
                    name={file.path.split('/').at(-1) ?? file.path}
                    label={t('archive.download')}
                    says={t('archive.download_of', { name: file.path })}
                    testId="download"
                  />
                </li>
              ))}
            </ul>
          </div>
        ))}
      </section>
    </div>
  );
}
