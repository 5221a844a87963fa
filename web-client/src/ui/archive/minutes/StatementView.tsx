import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isEstablished, momentOf } from '../../../core/archive/minutes';
import { clockText } from '../../../core/archive/playing';
import type { Correction, Statement } from '../../../core/protocol';
import { timeText } from '../../account/Card';
import { Button } from '../../kit/Button';
import { Field } from '../../kit/Field';
import { Icon } from '../../kit/Icon';
import { TextArea } from '../../kit/TextArea';
import { LONGEST, type Shared } from './BlockView';
import styles from './Statement.module.css';

const LONGEST_REASON = 1_000;

interface Props extends Shared {
  readonly statement: Statement;
  readonly isHeading?: boolean;
  /** In a table: its text, and how it was corrected. */
  readonly isCell?: boolean;
}

/** One thing that the minutes say: where it comes from, how it was corrected, and its moment in the recording. */
export function StatementView({ statement, isHeading = false, isCell = false, ...shared }: Props) {
  const { t } = useTranslation();
  const [isEditing, setIsEditing] = useState(false);
  const { moments, isOpen, playback, heard } = shared;
  const moment = momentOf(statement, moments);
  const corrections = statement.corrections ?? [];
  const { origin } = statement;
  return (
    <div
      className={styles.statement}
      data-origin={origin.type}
      data-corrected={corrections.length > 0}
      data-left-out={statement.left_out === true}
      data-heard={heard === statement.key}
      data-heading={isHeading}
      data-key={statement.key}
      data-testid="statement"
    >
      <div className={styles.line}>
        {!isCell && (
          <span className={styles.mark} role="img" aria-label={t(`archive.origin.${origin.type}`)} title={t(`archive.origin.${origin.type}`)}>
            <Icon name={origin.type === 'written' ? 'edit' : origin.type === 'log' ? 'lock' : 'flag'} size={15} />
          </span>
        )}
        {statement.left_out === true ? <del className={styles.text}>{statement.text}</del> : <p className={styles.text}>{statement.text}</p>}
        {moment !== null && !isCell && (
          <Button
            look="quiet"
            icon="play"
            label={clockText(moment, playback.programme.duration)}
            aria-label={t('archive.hear', { at: clockText(moment), text: statement.text.slice(0, 60) })}
            onPress={() => { playback.playFrom(moment); }}
            testId="hear"
          />
        )}
        {isOpen && !isEditing && (
          <Button
            look="quiet"
            iconOnly
            icon="edit"
            label={t(isEstablished(statement) ? 'archive.correct_of' : 'archive.rewrite_of', { text: statement.text.slice(0, 60) })}
            onPress={() => { setIsEditing(true); }}
            testId="edit"
          />
        )}
      </div>
      {corrections.map((correction) => (
        <Corrected key={correction.at} correction={correction} />
      ))}
      {isEditing && <Editing statement={statement} {...shared} onDone={() => { setIsEditing(false); }} />}
    </div>
  );
}

/** What stood there, what stands there, who changed it, and why. */
function Corrected({ correction: { old, new: next, reason, by, at } }: { readonly correction: Correction }) {
  const { t, i18n } = useTranslation();
  return (
    <div className={styles.corrected} data-testid="correction">
      <p>
        <del>{old}</del> {next === null ? <em>{t('archive.left_out')}</em> : <ins>{next}</ins>}
      </p>
      <p className={styles.why}>{t('archive.corrected_by', { reason, name: by.name, time: timeText(at, i18n.language) })}</p>
    </div>
  );
}

function Editing({ statement, change, isBusy, onDone }: Props & { readonly onDone: () => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState(statement.text);
  const [reason, setReason] = useState('');
  const { key } = statement;
  const isFact = isEstablished(statement);
  const done = async (...edits: Parameters<typeof change>) => {
    if (await change(...edits)) onDone();
  };
  const said = text.trim();
  const why = reason.trim();
  const save = () => done([isFact ? { type: 'correct', key, text: said, reason: why } : { type: 'rewrite', key, text: said }]);
  const isSame = said === '' || said === statement.text || (isFact && why === '');
  return (
    <div className={styles.editor}>
      <TextArea label={t(isFact ? 'archive.corrected_text' : 'archive.text')} value={text} onChange={setText} maxLength={LONGEST} testId="edit-text" />
      {isFact && <Field label={t('archive.reason')} hint={t('archive.reason_hint')} value={reason} onChange={setReason} maxLength={LONGEST_REASON} testId="edit-reason" />}
      <div className={styles.buttons}>
        <Button label={t('app.cancel')} onPress={onDone} />
        {isFact && (statement.corrections ?? []).length > 0 && <Button label={t('archive.restore')} isDisabled={isBusy} onPress={() => void done([{ type: 'restore', key }])} testId="restore" />}
        {isFact && statement.left_out !== true && (
          <Button label={t('archive.leave_out')} isDisabled={isBusy || why === ''} onPress={() => void done([{ type: 'leave_out', key, reason: why }])} testId="leave-out" />
        )}
        {!isFact && <Button look="danger" label={t('archive.remove')} isDisabled={isBusy} onPress={() => void done([{ type: 'remove', key }])} testId="remove" />}
        <Button look="primary" label={t(isFact ? 'archive.correct' : 'archive.save')} isDisabled={isBusy || isSame} onPress={() => void save()} testId="save" />
      </div>
    </div>
  );
}
