import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { MeetingId, MinutesDraft } from '../../../core/protocol';
import type { Archive } from '../../../io/archive';
import { FailureText } from '../../account/Card';
import { Button } from '../../kit/Button';
import { Dialog } from '../../kit/Dialog';
import { NumberInput } from '../../kit/NumberInput';
import { Working } from '../Working';
import styles from './Course.module.css';
import type { DraftView } from './useDraft';

const HIGHEST_SERIAL = 99_999;

interface Props {
  readonly archive: Archive;
  readonly meeting: MeetingId;
  readonly draft: MinutesDraft;
  readonly drafted: DraftView;
  readonly onClose: () => void;
}

/** Gives approved minutes their number. */
export function IssueDialog({ archive, meeting, draft, drafted, onClose }: Props) {
  const { t } = useTranslation();
  const [serial, setSerial] = useState(draft.next_serial ?? 1);
  const [year, setYear] = useState(draft.year);
  const issue = async () => {
    if (await drafted.act((tag) => archive.issue(meeting, tag, { serial, year }))) onClose();
  };
  return (
    <Dialog
      title={t('archive.issue_title')}
      onClose={onClose}
      testId="issue-dialog"
      actions={
        <>
          <Button label={t('app.cancel')} onPress={onClose} />
          <Button look="primary" icon="document" label={t('archive.issue')} isDisabled={drafted.isBusy} onPress={() => void issue()} testId="issue-it" />
        </>
      }
    >
      <p>{t('archive.issue_text')}</p>
      <div className={styles.fields}>
        <NumberInput label={t('archive.serial')} value={serial} onChange={setSerial} min={1} max={HIGHEST_SERIAL} testId="serial" />
        <NumberInput label={t('archive.year')} value={year} onChange={setYear} min={1_945} max={9_999} testId="year" />
      </div>
      {drafted.isBusy && <Working label={t('archive.issuing')} />}
      <FailureText failure={drafted.failure} />
    </Dialog>
  );
}
