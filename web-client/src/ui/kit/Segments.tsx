import { Label } from 'react-aria-components/Label';
import { RadioButton, RadioField, RadioGroup } from 'react-aria-components/RadioGroup';
import styles from './Segments.module.css';

interface Props<Id extends string> {
  readonly label: string;
  readonly options: readonly { readonly id: Id; readonly label: string }[];
  readonly value: Id;
  readonly onChange: (id: Id) => void;
}

/** One of a few, all in sight. */
export function Segments<Id extends string>({ label, options, value, onChange }: Props<Id>) {
  return (
    <RadioGroup
      className={styles.group ?? ''}
      orientation="horizontal"
      value={value}
      onChange={(chosen) => {
        const option = options.find(({ id }) => id === chosen);
        if (option !== undefined) onChange(option.id);
      }}
    >
      <Label className={styles.label ?? ''}>{label}</Label>
      <div className={styles.track}>
        {options.map((option) => (
          <RadioField key={option.id} value={option.id} className={styles.field ?? ''}>
            <RadioButton className={styles.segment ?? ''}>{option.label}</RadioButton>
          </RadioField>
        ))}
      </div>
    </RadioGroup>
  );
}
