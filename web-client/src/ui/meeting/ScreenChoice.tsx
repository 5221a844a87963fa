import { useTranslation } from 'react-i18next';
import { sharedScreens } from '../../core/screens';
import type { Session } from '../../io/session';
import { Icon } from '../kit/Icon';
import { useStore } from '../useStore';
import styles from './ScreenChoice.module.css';

/** When several share a screen: which one to look at. */
export function ScreenChoice({ session }: { readonly session: Session }) {
  const { t } = useTranslation();
  const { meeting, arrangement } = useStore(session.view);
  if (meeting === null) return null;
  const { main } = arrangement;
  const screens = sharedScreens(meeting);
  if (screens.length < (main.type === 'own_screen' ? 1 : 2)) return null;
  const shown = (main.type === 'screen' || main.type === 'stage') && main.source.kind === 'screen' ? main.source.participant : null;
  return (
    <div className={styles.choice} role="group" aria-label={t('meeting.choose_screen')} data-testid="screen-choice">
      {screens.map(({ id, name }) => (
        <button
          key={id}
          type="button"
          aria-pressed={id === shown}
          title={t('meeting.screen_of', { name })}
          onClick={() => { session.showScreenOf(id); }}
          data-testid="choose-screen"
          data-participant={id}
        >
          <Icon name="screen" size={16} />
          <span>{name}</span>
        </button>
      ))}
    </div>
  );
}
