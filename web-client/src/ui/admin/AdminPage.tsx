import { type SubmitEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ROLES } from '../../core/meeting';
import type { Invitee, MeetingCreated, ParticipantKind, Role } from '../../core/protocol';
import { createMeeting, type Fetched } from '../../io/rest';
import { Button } from '../kit/Button';
import { Choice } from '../kit/Choice';
import { Field } from '../kit/Field';
import { MessagePage } from '../kit/Message';
import { Page } from '../kit/Page';
import { InviteLinks } from '../start/InviteLinks';
import styles from './AdminPage.module.css';

interface Row {
  readonly key: number;
  readonly name: string;
  readonly role: Role;
  readonly kind: ParticipantKind;
  readonly unit: string;
}

const KINDS: readonly ParticipantKind[] = ['person', 'site', 'device'];

const FIRST_ROWS: readonly Row[] = [
  { key: 1, name: '', role: 'chair', kind: 'person', unit: '' },
  { key: 2, name: '', role: 'secretary', kind: 'person', unit: '' },
  { key: 3, name: '', role: 'operator', kind: 'site', unit: '' },
];

/** `/admin#{token}`: makes an instant meeting and hands out its links. */
export default function AdminPage({ token }: { readonly token: string }) {
  const { t } = useTranslation();
  const [created, setCreated] = useState<MeetingCreated | null>(null);
  if (token === '') {
    return (
      <MessagePage icon="warning" title={t('admin.title')}>
        {t('admin.no_token')}
      </MessagePage>
    );
  }
  if (created === null) return <NewMeeting token={token} onCreated={setCreated} />;
  return (
    <Page>
      <div className={styles.head} role="status" data-testid="created">
        <h1>{t('admin.created')}</h1>
        <p>{t('admin.created_lead')}</p>
      </div>
      <InviteLinks links={created.links} />
      <div className={styles.actions}>
        <Button label={t('admin.another')} onPress={() => { setCreated(null); }} />
      </div>
    </Page>
  );
}

function NewMeeting({ token, onCreated }: { token: string; onCreated: (created: MeetingCreated) => void }) {
  const { t } = useTranslation();
  const [title, setTitle] = useState('');
  const [hostUnit, setHostUnit] = useState('');
  const [rows, setRows] = useState(FIRST_ROWS);
  const [isBusy, setIsBusy] = useState(false);
  const [failure, setFailure] = useState<Exclude<Fetched<MeetingCreated>, { type: 'ok' }> | null>(null);

  const change = (key: number, part: Partial<Row>) => {
    setRows(rows.map((row) => (row.key === key ? { ...row, ...part } : row)));
  };
  const submit = async () => {
    setIsBusy(true);
    const fetched = await createMeeting(token, {
      title: title.trim(),
      host_unit: hostUnit.trim(),
      invitees: rows.map(inviteeOf),
    });
    setIsBusy(false);
    if (fetched.type === 'ok') onCreated(fetched.value);
    else setFailure(fetched);
  };

  return (
    <Page>
      <form
        onSubmit={(event: SubmitEvent) => {
          event.preventDefault();
          void submit();
        }}
      >
        <div className={styles.head}>
          <h1>{t('admin.title')}</h1>
          <p>{t('admin.lead')}</p>
        </div>
        <div className={styles.facts}>
          <Field label={t('admin.meeting_title')} value={title} onChange={setTitle} required testId="admin-title" />
          <Field label={t('admin.host_unit')} value={hostUnit} onChange={setHostUnit} maxLength={120} required testId="admin-unit" />
        </div>
        <h2 className={styles.heading}>{t('admin.invitees')}</h2>
        <ol className={styles.rows}>
          {rows.map((row, index) => (
            <li key={row.key} aria-label={t('admin.invitee', { number: index + 1 })}>
              <Choice
                label={t('admin.role')}
                options={ROLES.map((role) => ({ id: role, label: t(`role.${role}`) }))}
                value={row.role}
                onChange={(role) => { change(row.key, { role }); }}
              />
              <Choice
                label={t('admin.kind')}
                options={KINDS.map((kind) => ({ id: kind, label: t(`kind.${kind}`) }))}
                value={row.kind}
                onChange={(kind) => { change(row.key, { kind }); }}
              />
              <Field
                label={t('admin.name')}
                placeholder={t('admin.name_hint')}
                value={row.name}
                onChange={(name) => { change(row.key, { name }); }}
                maxLength={120}
              />
              <Field label={t('admin.unit')} value={row.unit} onChange={(unit) => { change(row.key, { unit }); }} maxLength={120} />
              <Button
                look="quiet"
                iconOnly
                icon="close"
                label={t('admin.remove', { number: index + 1 })}
                isDisabled={rows.length === 1}
                onPress={() => { setRows(rows.filter(({ key }) => key !== row.key)); }}
              />
            </li>
          ))}
        </ol>
        <div className={styles.actions}>
          <Button
            icon="plus"
            label={t('admin.add')}
            onPress={() => {
              const key = Math.max(...rows.map((row) => row.key)) + 1;
              setRows([...rows, { key, name: '', role: 'operator', kind: 'site', unit: '' }]);
            }}
            testId="admin-add"
          />
          <Button
            type="submit"
            look="primary"
            label={isBusy ? t('admin.creating') : t('admin.create')}
            isDisabled={isBusy || title.trim() === '' || hostUnit.trim() === ''}
            testId="admin-create"
          />
        </div>
        <p role="alert" className={styles.failure}>
          {failure === null ? '' : failure.type === 'refused' ? t(`error.${failure.code}`) : t('unreachable')}
        </p>
      </form>
    </Page>
  );
}

function inviteeOf({ name, role, kind, unit }: Row): Invitee {
  const orNull = (text: string) => (text.trim() === '' ? null : text.trim());
  return { name: orNull(name), role, kind, unit: orNull(unit) };
}
