import type { PartProps } from '../part';
import { AnnouncementStrip } from '../conduct/AnnouncementStrip';
import { PauseStrip } from '../conduct/PauseStrip';
import { RehearsalStrip } from '../course/RehearsalStrip';
import { OwnFloor } from '../floor/OwnFloor';
import { OwnTurn } from '../floor/OwnTurn';
import { GroupStrip } from '../groups/GroupStrip';
import { InterpreterStrip } from '../interpretation/InterpreterStrip';
import { MicrophoneRequest } from '../microphones/MicrophoneRequest';
import { ConsentStrip } from '../recording/ConsentStrip';
import { PresenceCheck } from '../rollCall/PresenceCheck';
import styles from './Strip.module.css';

/** What everybody, or we alone, must know now; above the pictures, never over them. */
export function Strips(props: PartProps) {
  return (
    <div className={styles.strips} data-testid="strips">
      <RehearsalStrip {...props} />
      <GroupStrip {...props} />
      <InterpreterStrip {...props} />
      <OwnFloor {...props} />
      <MicrophoneRequest {...props} />
      <PresenceCheck {...props} />
      <ConsentStrip {...props} />
      <PauseStrip {...props} />
      <AnnouncementStrip {...props} />
      <OwnTurn {...props} />
    </div>
  );
}
