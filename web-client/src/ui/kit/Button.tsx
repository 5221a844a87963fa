import { Button as AriaButton, type ButtonProps } from 'react-aria-components/Button';
import { Icon, type IconName } from './Icon';
import styles from './Button.module.css';

interface Props extends Omit<ButtonProps, 'children' | 'className' | 'style'> {
  readonly look?: 'primary' | 'plain' | 'quiet' | 'danger';
  readonly icon?: IconName;
  readonly label: string;
  /** Shows the icon alone; the label is still read out. */
  readonly iconOnly?: boolean;
  readonly large?: boolean;
  readonly testId?: string;
}

export function Button({ look = 'plain', icon, label, iconOnly = false, large = false, testId, ...rest }: Props) {
  const classes = [styles.button, styles[look], iconOnly && styles.square, large && styles.large];
  return (
    <AriaButton
      {...rest}
      {...(iconOnly && { 'aria-label': rest['aria-label'] ?? label })}
      className={classes.filter(Boolean).join(' ')}
      data-testid={testId}
    >
      {icon !== undefined && <Icon name={icon} size={large ? 22 : 20} />}
      {!iconOnly && <span>{label}</span>}
    </AriaButton>
  );
}
