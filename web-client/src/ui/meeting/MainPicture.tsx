import { useTranslation } from 'react-i18next';
import type { Main } from '../../core/arrange';
import { assertNever } from '../../core/assertNever';
import type { Absence } from '../../core/line';
import { here, participantOf, type Meeting } from '../../core/meeting';
import type { Participant, SourceRef } from '../../core/protocol';
import { sameSource } from '../../core/source';
import type { Attendance } from '../../io/attendance';
import type { Slot } from '../../io/peer';
import { Button } from '../kit/Button';
import { Icon } from '../kit/Icon';
import { useStore } from '../useStore';
import { Face } from './Face';
import { SlotVideo } from './SlotVideo';
import styles from './MainPicture.module.css';
import { ScreenChoice } from './ScreenChoice';
import { useAbsence, useOverdue, useShown, useSlot, useTold } from './useSlot';

/** So long the picture before may stay on the stage, under its own name, in milliseconds. */
const PATIENCE = 1_500;

/** The big picture: the stage, or a shared screen. */
export function MainPicture({ attendance }: { readonly attendance: Attendance }) {
  const { t } = useTranslation();
  const { session } = attendance;
  const { arrangement, meeting } = useStore(session.view);
  const own = useStore(attendance.own);
  const { main, mainMid } = arrangement;
  const slot = useSlot(session, mainMid);
  const shown = useShown(slot);
  const told = useTold(slot);
  const wished = sourceOf(main);
  const absence = useAbsence(session, slot, wished?.kind ?? 'camera');
  const isOther = wished !== null && shown !== null && !sameSource(shown, wished);
  const isOverdue = useOverdue(isOther, PATIENCE);
  if (meeting === null) return null;

  const hasPicture = wished !== null && canBeSeen(meeting, wished);
  const visible = shown !== null && hasPicture && absence === null && !isOverdue && !(isOther && main.type !== 'stage') ? shown : null;
  // A browser may paint a frame just before it says whose it is: while the picture changes, no name is better than a wrong one.
  const isChanging = visible !== null && told !== null && !sameSource(told, visible);
  const isOnStage = meeting.snapshot.stage.source?.participant === meeting.you.participant;
  return (
    <section
      className={styles.main}
      aria-label={t('meeting.stage')}
      data-testid="stage"
      data-main={main.type}
      data-participant={visible?.participant ?? ''}
      data-kind={visible?.kind ?? ''}
      data-wished={wished?.participant ?? ''}
      data-absence={hasPicture ? (absence ?? '') : ''}
    >
      {visible === null && <Placeholder main={main} meeting={meeting} attendance={attendance} absence={hasPicture ? absence : null} />}
      {slot !== undefined && wished !== null && (
        <Picture key={slot.mid} attendance={attendance} slot={slot} isShown={visible !== null} />
      )}
      <Label meeting={meeting} source={isChanging ? null : (visible ?? wished)} />
      <div className={styles.badges}>
        <ScreenChoice session={session} />
        {isOnStage && main.type !== 'own_screen' && <span data-testid="you-on-stage">{t('meeting.you_on_stage')}</span>}
        {own.screen !== null && main.type !== 'own_screen' && (
          <span>
            {t('meeting.sharing')}
            <button type="button" onClick={() => void attendance.setScreen(false)}>
              {t('meeting.stop_sharing')}
            </button>
          </span>
        )}
      </div>
    </section>
  );
}

function Picture({ attendance, slot, isShown }: { attendance: Attendance; slot: Slot; isShown: boolean }) {
  const { t } = useTranslation();
  return <SlotVideo session={attendance.session} slot={slot} isShown={isShown} fit="contain" label={t('meeting.stage')} />;
}

/** Whose picture it is; changes with the picture. */
function Label({ meeting, source }: { readonly meeting: Meeting; readonly source: SourceRef | null }) {
  const { t } = useTranslation();
  const participant = source === null ? undefined : participantOf(meeting.snapshot, source.participant);
  if (source === null || participant === undefined) return null;
  return (
    <div className={styles.label} data-testid="stage-label" data-participant={participant.id}>
      {source.kind === 'screen' && <Icon name="screen" size={20} />}
      <span>
        <strong>
          {source.kind === 'screen' ? t('meeting.screen_of', { name: participant.name }) : participant.name}
        </strong>
        {placeOf(participant, t(`role.${participant.role}`))}
      </span>
    </div>
  );
}

interface PlaceholderProps {
  readonly main: Main;
  readonly meeting: Meeting;
  readonly attendance: Attendance;
  readonly absence: Absence | null;
}

function Placeholder({ main, meeting, attendance, absence }: PlaceholderProps) {
  const { t } = useTranslation();
  switch (main.type) {
    case 'stage':
    case 'camera':
    case 'screen': {
      const participant = participantOf(meeting.snapshot, main.source.participant);
      if (participant === undefined) return null;
      return (
        <div className={styles.placeholder}>
          <Face name={participant.name} number={participant.number} />
          {absence !== null && <p data-testid="stage-absence">{t(`absence.${absence}`)}</p>}
        </div>
      );
    }
    case 'own_screen':
      return (
        <div className={styles.placeholder}>
          <Icon name="screen" size={44} />
          <h2>{t('meeting.sharing')}</h2>
          <p>{t('meeting.sharing_hint')}</p>
          <Button label={t('meeting.stop_sharing')} onPress={() => void attendance.setScreen(false)} />
        </div>
      );
    case 'empty':
      return (
        <div className={styles.placeholder}>
          <Icon name="stage" size={44} />
          <h2>{meeting.snapshot.meeting.title}</h2>
          <p>{here(meeting.snapshot).length > 1 ? t('meeting.waiting') : t('meeting.alone')}</p>
        </div>
      );
    default:
      return assertNever(main);
  }
}

function sourceOf(main: Main): SourceRef | null {
  switch (main.type) {
    case 'stage':
    case 'camera':
    case 'screen':
      return main.source;
    case 'own_screen':
    case 'empty':
      return null;
    default:
      return assertNever(main);
  }
}

function canBeSeen({ snapshot }: Meeting, source: SourceRef): boolean {
  const owner = participantOf(snapshot, source.participant);
  return source.kind === 'screen' ? owner?.screen === true : owner?.camera === true;
}

function placeOf({ unit }: Participant, role: string): string {
  return unit === null ? role : `${role} · ${unit}`;
}
