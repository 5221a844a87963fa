import { SwitchButton, SwitchField } from 'react-aria-components/Switch';
import styles from './Toggle.module.css';

interface Props {
  readonly label: string;
  readonly value: boolean;
  readonly onChange: (value: boolean) => void;
  readonly testId?: string;
}

/** On or off. */
export function Toggle({ label, value, onChange, testId }: Props) {
  return (
    <SwitchField isSelected={value} onChange={onChange}>
      <SwitchButton className={styles.toggle ?? ''} data-testid={testId}>
        <span className={styles.track} aria-hidden="true">
          <span className={styles.knob} />
        </span>
        {label}
      </SwitchButton>
    </SwitchField>
  );
}
