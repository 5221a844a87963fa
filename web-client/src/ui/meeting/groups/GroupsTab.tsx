import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { here, participantOf } from '../../../core/meeting';
import { groupOf } from '../../../core/procedure/groups';
import { timeLeft } from '../../../core/procedure/timeLeft';
import type { GroupDiscussion, ParticipantId } from '../../../core/protocol';
import { Button } from '../../kit/Button';
import { Choice } from '../../kit/Choice';
import { Confirm } from '../../kit/Dialog';
import { NumberInput } from '../../kit/NumberInput';
import { Buttons, Chip, FieldRow, Note, Section } from '../../kit/Section';
import { useNow } from '../../useNow';
import type { PartProps } from '../part';
import { Entry, List } from '../procedure/List';

const USUAL_MINUTES = 15;
const MOST_MINUTES = 480;
/** No number of a group. */
const PLENARY = '0';

/** Sends the units apart to discuss among themselves, and brings them back. */
export function GroupsTab(props: PartProps) {
  const { t } = useTranslation();
  const { session } = props.attendance;
  const { open } = props.meeting.snapshot.procedure.groups;
  const [minutes, setMinutes] = useState(USUAL_MINUTES);
  if (open !== null) return <OpenGroups {...props} open={open} />;
  const start = (seconds: number | null) => void session.act({ type: 'groups', what: 'open_by_unit', seconds });
  return (
    <Section title={t('groups.title')} testId="groups-section">
      <Note>{t('groups.about')}</Note>
      <FieldRow>
        <NumberInput label={t('conduct.minutes')} value={minutes} onChange={setMinutes} min={1} max={MOST_MINUTES} step={5} testId="groups-minutes" />
        <Button look="primary" icon="people" label={t('groups.open')} onPress={() => { start(minutes * 60); }} testId="open-groups" />
        <Button look="quiet" label={t('groups.open_endless')} onPress={() => { start(null); }} testId="open-groups-endless" />
      </FieldRow>
    </Section>
  );
}

function OpenGroups({ attendance, meeting, open }: PartProps & { readonly open: GroupDiscussion }) {
  const { t } = useTranslation();
  const { session } = attendance;
  const { snapshot } = meeting;
  const now = useNow(session, open.ends_at !== null);
  const [minutes, setMinutes] = useState(5);
  const [isClosing, setIsClosing] = useState(false);
  const [moved, setMoved] = useState<ParticipantId | null>(null);
  const nameOfMember = (id: ParticipantId) => participantOf(snapshot, id)?.name ?? t('chat.unknown');
  const membersOf = (group: number | null) => here(snapshot).filter(({ id }) => groupOf(snapshot.procedure.groups, id) === group);
  const places = [...open.groups.map(({ number, name }) => ({ id: String(number), label: name })), { id: PLENARY, label: t('groups.plenary') }];
  return (
    <>
      <Section
        title={t('groups.under_way')}
        aside={open.ends_at !== null && <Chip tone="brand" icon="clock">{timeLeft(open.ends_at - now).text}</Chip>}
        testId="groups-open"
      >
        <FieldRow>
          <NumberInput label={t('groups.minutes_left')} value={minutes} onChange={setMinutes} min={1} max={MOST_MINUTES} testId="groups-left" />
          <Button label={t('groups.set_time')} onPress={() => void session.act({ type: 'groups', what: 'set_time', seconds: minutes * 60 })} testId="groups-set-time" />
        </FieldRow>
        <Buttons>
          <Button look="primary" icon="back" label={t('groups.close')} onPress={() => { setIsClosing(true); }} testId="close-groups" />
        </Buttons>
      </Section>
      {open.groups.map(({ number, name }) => {
        const members = membersOf(number);
        return (
          <Section
            key={number}
            title={name}
            aside={
              open.calls.includes(number) ? (
                <Button look="primary" icon="bell" label={t('groups.answer')} onPress={() => void session.act({ type: 'groups', what: 'answer', group: number })} testId="answer-group" />
              ) : (
                <Chip>{t('groups.members', { count: members.length })}</Chip>
              )
            }
            testId="group"
          >
            <List label={name}>
              {members.map(({ id }) => (
                <Entry key={id} title={nameOfMember(id)} participant={id} testId="group-member">
                  <Button look="quiet" label={t('groups.move')} aria-label={t('groups.move_of', { name: nameOfMember(id) })} onPress={() => { setMoved(id); }} testId="move-member" />
                </Entry>
              ))}
            </List>
            {moved !== null && members.some(({ id }) => id === moved) && (
              <Choice
                label={t('groups.move_to', { name: nameOfMember(moved) })}
                options={places}
                value={String(number)}
                onChange={(to) => {
                  setMoved(null);
                  void session.act({ type: 'groups', what: 'move', participant: moved, group: to === PLENARY ? null : Number(to) });
                }}
                testId="move-to"
              />
            )}
          </Section>
        );
      })}
      <Section title={t('groups.plenary')}>
        <Note>{membersOf(null).map(({ id }) => nameOfMember(id)).join(', ')}</Note>
      </Section>
      {isClosing && (
        <Confirm
          isHarmless
          title={t('groups.close_title')}
          text={t('groups.close_text')}
          deed={t('groups.close')}
          onConfirm={() => void session.act({ type: 'groups', what: 'close' })}
          onClose={() => { setIsClosing(false); }}
          testId="close-groups-dialog"
        />
      )}
    </>
  );
}
