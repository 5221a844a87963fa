import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { STEPS, stateOf } from '../../../core/archive/minutes';
import type { MeetingId, MinutesDraft } from '../../../core/protocol';
import { addressOf, type Archive } from '../../../io/archive';
import { timeText } from '../../account/Card';
import { Button } from '../../kit/Button';
import { Confirm, Dialog } from '../../kit/Dialog';
import { Icon } from '../../kit/Icon';
import { TextArea } from '../../kit/TextArea';
import styles from './Course.module.css';
import { IssueDialog } from './IssueDialog';
import { Paper } from './Paper';
import { Signed } from './Signed';
import type { DraftView } from './useDraft';

interface Props {
  readonly archive: Archive;
  readonly meeting: MeetingId;
  readonly draft: MinutesDraft;
  readonly drafted: DraftView;
}

/** How far the minutes are, and what is to be done next. */
export function Course({ archive, meeting, draft, drafted }: Props) {
  const { t } = useTranslation();
  const [dialog, setDialog] = useState<'approve' | 'issue' | 'supersede' | null>(null);
  const { act, isBusy } = drafted;
  const { stage, rights } = draft;
  const mayApprove = rights.includes('approve_minutes');
  const mayEdit = rights.includes('edit_minutes');
  const close = () => { setDialog(null); };
  return (
    <section className={styles.course} aria-label={t('archive.progress')} data-testid="minutes-course" data-stage={stage.type}>
      <Steps draft={draft} />
      <Said draft={draft} />
      <div className={styles.actions}>
        <Paper archive={archive} address={`${addressOf(meeting)}/minutes/preview.pdf`} label={t('archive.preview')} name={t('archive.preview_name', { version: draft.version })} testId="preview" />
        {stage.type === 'editing' && mayApprove && (
          <Button look="primary" icon="check" label={t('archive.approve')} isDisabled={isBusy} onPress={() => { setDialog('approve'); }} testId="approve" />
        )}
        {stage.type === 'approved' && mayApprove && (
          <Button icon="back" label={t('archive.reopen')} isDisabled={isBusy} onPress={() => void act((tag) => archive.reopen(meeting, tag))} testId="reopen" />
        )}
        {stage.type === 'approved' && mayEdit && (
          <Button look="primary" icon="document" label={t('archive.issue')} isDisabled={isBusy} onPress={() => { setDialog('issue'); }} testId="issue" />
        )}
        {stage.type === 'issued' && mayApprove && (
          <Button icon="back" label={t('archive.supersede')} isDisabled={isBusy} onPress={() => { setDialog('supersede'); }} testId="supersede" />
        )}
      </div>
      {stage.type === 'issued' && <Signed archive={archive} meeting={meeting} signed={draft.signed} maySign={mayEdit} onSigned={drafted.reload} />}
      {dialog === 'approve' && (
        <Confirm
          title={t('archive.approve_title')}
          text={t('archive.approve_text')}
          deed={t('archive.approve')}
          isHarmless
          onClose={close}
          onConfirm={() => void act((tag) => archive.approve(meeting, tag))}
          testId="approve-dialog"
        />
      )}
      {dialog === 'issue' && <IssueDialog archive={archive} meeting={meeting} draft={draft} drafted={drafted} onClose={close} />}
      {dialog === 'supersede' && <SupersedeDialog archive={archive} meeting={meeting} drafted={drafted} onClose={close} />}
    </section>
  );
}

/** Draft, approval, issue, signature: where they are. */
function Steps({ draft }: { readonly draft: MinutesDraft }) {
  const { t } = useTranslation();
  const now = STEPS.indexOf(stateOf(draft));
  return (
    <ol className={styles.steps} aria-label={t('archive.progress')}>
      {STEPS.map((step, index) => (
        <li key={step} data-state={index < now ? 'past' : index === now ? 'now' : 'later'} {...(index === now && { 'aria-current': 'step' })} data-testid={`step-${step}`}>
          <span className={styles.dot} aria-hidden="true">
            {index < now ? <Icon name="check" size={14} /> : index + 1}
          </span>
          {t(`archive.step.${step}`)}
        </li>
      ))}
    </ol>
  );
}

/** The same in words: who did what, and when. */
function Said({ draft: { stage, replaces, number, version } }: { readonly draft: MinutesDraft }) {
  const { t, i18n } = useTranslation();
  const time = (at: number) => timeText(at, i18n.language);
  return (
    <div className={styles.said}>
      {stage.type === 'editing' && <p>{t('archive.said.editing')}</p>}
      {stage.type === 'approved' && <p>{t('archive.said.approved', { name: stage.by.name, time: time(stage.at) })}</p>}
      {stage.type === 'issued' && <p data-testid="issued-number">{t('archive.said.issued', { number: number ?? '', name: stage.by.name, time: time(stage.at), approved: stage.approved_by.name })}</p>}
      {stage.type === 'superseded' && <p>{t('archive.said.superseded', { number: number ?? '', name: stage.by.name, reason: stage.reason })}</p>}
      {replaces !== null && <p>{t('archive.said.replaces', { number: replaces, version })}</p>}
    </div>
  );
}

function SupersedeDialog({ archive, meeting, drafted, onClose }: Omit<Props, 'draft'> & { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const supersede = async () => {
    if (await drafted.act((tag) => archive.supersede(meeting, tag, reason.trim()))) onClose();
  };
  return (
    <Dialog
      isAlert
      title={t('archive.supersede_title')}
      onClose={onClose}
      testId="supersede-dialog"
      actions={
        <>
          <Button label={t('app.cancel')} onPress={onClose} />
          <Button look="danger" label={t('archive.supersede')} isDisabled={drafted.isBusy || reason.trim() === ''} onPress={() => void supersede()} testId="supersede-it" />
        </>
      }
    >
      <p>{t('archive.supersede_text')}</p>
      <TextArea label={t('archive.reason')} value={reason} onChange={setReason} maxLength={1_000} testId="supersede-reason" />
    </Dialog>
  );
}
