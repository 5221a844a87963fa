import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may } from '../../../core/meeting';
import type { Document, DocumentEntry } from '../../../core/protocol';
import { Button } from '../../kit/Button';
import { Confirm } from '../../kit/Dialog';
import { Buttons, Chip, Note, Section } from '../../kit/Section';
import { type PartProps, useNames } from '../part';
import styles from '../procedure/ProcedurePanel.module.css';
import { Entry, List } from '../procedure/List';

interface Props extends PartProps {
  readonly onOpen: (document: Document, version?: number) => void;
  readonly onEdit: (document: Document | 'new') => void;
  /** To the page of whoever leads. */
  readonly onFollow: (() => void) | null;
}

/** All documents, by the items of the agenda. */
export function DocumentShelf({ attendance, meeting, onOpen, onEdit, onFollow }: Props) {
  const { t, i18n } = useTranslation();
  const nameOf = useNames(meeting);
  const { documents, agenda } = meeting.snapshot.procedure;
  const [entries, setEntries] = useState<readonly DocumentEntry[]>([]);
  const [withdrawn, setWithdrawn] = useState<Document | null>(null);
  const manages = may(meeting, 'manage_documents');
  const begun = agenda.items.filter(({ started_at }) => started_at !== null).length;
  // Who may open what changes with the documents and with the agenda.
  useEffect(() => {
    let isOver = false;
    void attendance.documents.list().then((fetched) => {
      if (!isOver && fetched.type === 'ok') setEntries(fetched.value.documents);
    });
    return () => { isOver = true; };
  }, [attendance, documents.list, begun]);
  const mayOpen = (number: number) => entries.some(({ document, may_open }) => document.number === number && may_open);
  const size = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 });
  const about = ({ versions }: Document): string => {
    const newest = versions.at(-1);
    if (newest === undefined) return '';
    const { kind, size: bytes } = newest.file;
    return [
      kind === 'text' ? 'TXT' : kind.toUpperCase(),
      t('documents.megabytes', { size: size.format(Math.max(0.1, bytes / 1_048_576)) }),
      ...(versions.length > 1 ? [t('documents.version', { version: newest.version })] : []),
    ].join(' · ');
  };
  const shelves = [
    ...agenda.items.map((item, index) => ({ key: item.number, title: `${index + 1}. ${item.title}`, list: documents.list.filter((one) => one.item === item.number) })),
    { key: 0, title: t('documents.general'), list: documents.list.filter((one) => !agenda.items.some(({ number }) => number === one.item)) },
  ].filter(({ list }) => list.length > 0);
  return (
    <div className={styles.scroll}>
      {onFollow !== null && documents.led !== null && (
        <Section title={t('documents.leads', { name: nameOf(documents.led.by) })}>
          <Buttons>
            <Button look="primary" icon="people" label={t('documents.follow')} onPress={onFollow} testId="shelf-follow" />
          </Buttons>
        </Section>
      )}
      {shelves.length === 0 && (
        <Section title={t('documents.none')}>
          <Note>{t(manages ? 'documents.none_manager' : 'documents.none_hint')}</Note>
        </Section>
      )}
      {shelves.map(({ key, title, list }) => (
        <Section key={key} title={title}>
          <List label={title}>
            {list.map((document) => (
              <Entry key={document.number} title={document.title} text={about(document)} testId="document">
                {document.withdrawn ? (
                  <Chip>{t('documents.withdrawn')}</Chip>
                ) : mayOpen(document.number) ? (
                  <Button label={t('documents.open')} onPress={() => { onOpen(document); }} testId="open-document" />
                ) : (
                  <Chip icon="lock">{t(document.access.from_item ? 'documents.not_yet' : 'documents.not_for_you')}</Chip>
                )}
                {manages && !document.withdrawn && (
                  <>
                    <Button look="quiet" iconOnly icon="edit" label={t('documents.edit', { title: document.title })} onPress={() => { onEdit(document); }} testId="edit-document" />
                    <Button look="quiet" iconOnly icon="trash" label={t('documents.withdraw', { title: document.title })} onPress={() => { setWithdrawn(document); }} testId="withdraw-document" />
                  </>
                )}
              </Entry>
            ))}
          </List>
        </Section>
      ))}
      {manages && (
        <Section title={t('documents.add_title')}>
          <Buttons>
            <Button icon="plus" label={t('documents.add')} onPress={() => { onEdit('new'); }} testId="add-document" />
          </Buttons>
        </Section>
      )}
      {withdrawn !== null && (
        <Confirm
          title={t('documents.withdraw_title')}
          text={t('documents.withdraw_text', { title: withdrawn.title })}
          deed={t('documents.withdraw_deed')}
          onConfirm={() => void attendance.session.act({ type: 'documents', what: 'withdraw', number: withdrawn.number })}
          onClose={() => { setWithdrawn(null); }}
          testId="withdraw-dialog"
        />
      )}
    </div>
  );
}
