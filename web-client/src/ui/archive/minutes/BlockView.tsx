import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Block } from '../../../core/archive/minutes';
import type { MinutesSection } from '../../../core/protocol';
import type { Playback } from '../../../io/playback';
import { Button } from '../../kit/Button';
import { TextArea } from '../../kit/TextArea';
import styles from './Statement.module.css';
import { StatementView } from './StatementView';
import type { Change } from './useDraft';

/** What every statement is drawn with. */
export interface Shared {
  readonly moments: ReadonlyMap<number, number>;
  /** It can be edited, by us and now. */
  readonly isOpen: boolean;
  readonly isBusy: boolean;
  readonly change: Change;
  readonly playback: Playback;
  /** The key of the statement whose moment is played. */
  readonly heard: string | null;
}

/** The longest statement, in characters. */
export const LONGEST = 10_000;

/** A block of the form: its name, what it says, and room for more. */
export function BlockView({ block, ...shared }: Shared & { readonly block: Block }) {
  const { t } = useTranslation();
  const { type, chapter, heading, statements, open } = block;
  if (statements.length === 0 && heading === null && !shared.isOpen) return null;
  const isFirst = type === 'course' && chapter === 0;
  return (
    <section className={styles.block} data-testid="block" data-block={chapter === null ? type : `course-${chapter}`}>
      {(type !== 'course' || isFirst) && type !== 'title' && <h3>{t(`archive.block.${type === 'chapter' || type === 'attendee' ? 'course' : type}`)}</h3>}
      {heading !== null && <StatementView statement={heading} isHeading {...shared} />}
      {statements.map((statement) => (
        <StatementView key={statement.key} statement={statement} isHeading={type === 'title'} {...shared} />
      ))}
      {open !== null && shared.isOpen && <Adding section={open} {...shared} />}
    </section>
  );
}

/** Writes something that the log does not know. */
function Adding({ section, change, isBusy }: Shared & { readonly section: MinutesSection }) {
  const { t } = useTranslation();
  const [text, setText] = useState<string | null>(null);
  if (text === null) {
    return (
      <div>
        <Button look="quiet" icon="plus" label={t('archive.add')} onPress={() => { setText(''); }} testId="add-statement" />
      </div>
    );
  }
  const write = async () => {
    if (await change([{ type: 'write', section, text: text.trim() }])) setText(null);
  };
  return (
    <div className={styles.editor}>
      <TextArea label={t('archive.add_label')} value={text} onChange={setText} maxLength={LONGEST} testId="new-text" />
      <div className={styles.buttons}>
        <Button label={t('app.cancel')} onPress={() => { setText(null); }} />
        <Button look="primary" label={t('archive.save')} isDisabled={isBusy || text.trim() === ''} onPress={() => void write()} testId="save-new" />
      </div>
    </div>
  );
}
