import { Button } from 'react-aria-components/Button';
import { Group } from 'react-aria-components/Group';
import { Input } from 'react-aria-components/Input';
import { Label } from 'react-aria-components/Label';
import { NumberField } from 'react-aria-components/NumberField';
import styles from './NumberInput.module.css';

interface Props {
  readonly label: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  readonly testId?: string;
}

/** A whole number between two others. */
export function NumberInput({ label, value, onChange, min, max, step = 1, testId }: Props) {
  return (
    <NumberField
      className={styles.field ?? ''}
      value={value}
      minValue={min}
      maxValue={max}
      step={step}
      onChange={(next) => {
        if (Number.isFinite(next)) onChange(next);
      }}
    >
      <Label className={styles.label ?? ''}>{label}</Label>
      <Group className={styles.group ?? ''}>
        <Button slot="decrement" className={styles.step ?? ''}>
          −
        </Button>
        <Input className={styles.input ?? ''} data-testid={testId} />
        <Button slot="increment" className={styles.step ?? ''}>
          +
        </Button>
      </Group>
    </NumberField>
  );
}
