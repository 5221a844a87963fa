import { Input } from 'react-aria-components/Input';
import { Label } from 'react-aria-components/Label';
import { Text } from 'react-aria-components/Text';
import { TextField } from 'react-aria-components/TextField';
import styles from './Field.module.css';

interface Props {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly hint?: string;
  readonly placeholder?: string;
  readonly maxLength?: number;
  readonly required?: boolean;
  readonly type?: 'text' | 'password';
  /** What browsers and managers of passwords may fill in. */
  readonly autoComplete?: string;
  readonly testId?: string;
}

/** A line of text. */
export function Field({
  label,
  value,
  onChange,
  hint,
  placeholder,
  maxLength = 200,
  required = false,
  type = 'text',
  autoComplete = 'off',
  testId,
}: Props) {
  return (
    <TextField className={styles.field ?? ''} value={value} onChange={onChange} maxLength={maxLength} isRequired={required} type={type}>
      <Label className={styles.label ?? ''}>{label}</Label>
      <Input
        className={styles.input ?? ''}
        {...(placeholder !== undefined && { placeholder })}
        data-testid={testId}
        autoComplete={autoComplete}
      />
      {hint !== undefined && (
        <Text slot="description" className={styles.hint ?? ''}>
          {hint}
        </Text>
      )}
    </TextField>
  );
}
