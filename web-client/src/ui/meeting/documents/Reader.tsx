import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may } from '../../../core/meeting';
import type { Place } from '../../../core/procedure/documents';
import type { Document } from '../../../core/protocol';
import { Button } from '../../kit/Button';
import { Chip, Note } from '../../kit/Section';
import { type PartProps, useNames } from '../part';
import { PdfPage } from './PdfPage';
import styles from './Reader.module.css';
import { useContent } from './useContent';

interface Props extends PartProps {
  readonly document: Document;
  readonly place: Place;
  /** Somebody leads, and this reader goes its own way. */
  readonly isFree: boolean;
  readonly onPage: (page: number) => void;
  readonly onFollow: () => void;
  readonly onBack: () => void;
}

/** A document, page by page; with whoever leads, or on one's own. */
export function Reader({ attendance, meeting, document, place, isFree, onPage, onFollow, onBack }: Props) {
  const { t } = useTranslation();
  const nameOf = useNames(meeting);
  const { session } = attendance;
  const { led } = meeting.snapshot.procedure.documents;
  const file = document.versions.find(({ version }) => version === place.version)?.file;
  const opened = useContent(attendance, place.number, place.version, file?.kind ?? 'text');
  const sheet = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = sheet.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => { setWidth(Math.round(element.clientWidth)); });
    observer.observe(element);
    return () => { observer.disconnect(); };
  }, []);
  const pages = opened.type === 'ok' && opened.value.type === 'pdf' ? opened.value.pdf.numPages : 0;
  const page = Math.min(place.page, Math.max(1, pages));
  const leads = led?.by === meeting.you.participant;
  const turn = (to: number) => {
    if (to < 1 || to > pages) return;
    sheet.current?.scrollTo({ top: 0 });
    // Who leads sees the page at once, and the others as soon as they are told.
    onPage(to);
    if (leads) void session.act({ type: 'documents', what: 'lead', number: place.number, version: place.version, page: to });
  };
  return (
    <div
      className={styles.reader}
      data-testid="reader"
      onKeyDown={({ key }) => {
        if (key === 'PageDown' || key === 'ArrowRight') turn(page + 1);
        if (key === 'PageUp' || key === 'ArrowLeft') turn(page - 1);
      }}
    >
      <div className={styles.bar}>
        <Button look="quiet" icon="back" label={t('documents.back')} onPress={onBack} testId="reader-back" />
        {opened.type === 'ok' && file !== undefined && (
          <a className={styles.download} href={opened.value.url} download={file.name} data-testid="download">
            {t('documents.download')}
          </a>
        )}
      </div>
      <p className={styles.title}>
        <strong>{document.title}</strong>
        {document.versions.length > 1 && <span>{t('documents.version', { version: place.version })}</span>}
      </p>
      {led !== null && !leads && (
        <p className={styles.led} role="status">
          <Chip tone="brand" icon="people" testId="led">{t(isFree ? 'documents.leads_elsewhere' : 'documents.follows', { name: nameOf(led.by) })}</Chip>
          {isFree && <Button label={t('documents.follow')} onPress={onFollow} testId="follow" />}
        </p>
      )}
      <div ref={sheet} className={styles.sheet} tabIndex={0} role="region" aria-label={document.title}>
        {opened.type === 'loading' && <Note>{t('documents.loading')}</Note>}
        {opened.type === 'broken' && <Note>{t('documents.broken')}</Note>}
        {opened.type === 'unreachable' && <Note>{t('unreachable')}</Note>}
        {opened.type === 'refused' && <Note testId="refused">{t(`error.${opened.code}`)}</Note>}
        {opened.type === 'ok' && opened.value.type === 'pdf' && <PdfPage pdf={opened.value.pdf} number={page} width={width} />}
        {opened.type === 'ok' && opened.value.type === 'picture' && <img className={styles.page} src={opened.value.url} alt={document.title} />}
        {opened.type === 'ok' && opened.value.type === 'text' && <pre>{opened.value.text}</pre>}
        {opened.type === 'ok' && opened.value.type === 'other' && <Note>{t('documents.only_download')}</Note>}
      </div>
      {pages > 0 && (
        <div className={styles.turn}>
          <Button iconOnly icon="back" label={t('documents.page_before')} isDisabled={page <= 1} onPress={() => { turn(page - 1); }} testId="page-before" />
          <span data-testid="page-number">{t('documents.page_of', { page, pages })}</span>
          <Button iconOnly icon="next" label={t('documents.page_after')} isDisabled={page >= pages} onPress={() => { turn(page + 1); }} testId="page-after" />
          {may(meeting, 'manage_documents') &&
            (leads ? (
              <Button label={t('documents.end_lead')} onPress={() => void session.act({ type: 'documents', what: 'end_lead' })} testId="end-lead" />
            ) : (
              <Button
                look="primary"
                icon="people"
                label={t('documents.lead')}
                onPress={() => void session.act({ type: 'documents', what: 'lead', number: place.number, version: place.version, page })}
                testId="lead"
              />
            ))}
        </div>
      )}
    </div>
  );
}
