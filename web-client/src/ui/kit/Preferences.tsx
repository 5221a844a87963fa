import { useTranslation } from 'react-i18next';
import { chooseLanguage } from '../i18n/i18n';
import { chooseTheme, theme } from '../theme';
import { useStore } from '../useStore';
import { Button } from './Button';
import styles from './Preferences.module.css';

/** Language and appearance, on every page. */
export function Preferences() {
  const { t, i18n } = useTranslation();
  const isDark = useStore(theme) === 'dark';
  const isVietnamese = i18n.language === 'vi';
  const other = isVietnamese ? 'EN' : 'VI';
  return (
    <div className={styles.preferences}>
      <Button
        look="quiet"
        label={other}
        aria-label={`${other}: ${t('app.other_language')}`}
        onPress={() => {
          chooseLanguage(isVietnamese ? 'en' : 'vi');
        }}
        testId="language"
      />
      <Button
        look="quiet"
        iconOnly
        icon={isDark ? 'sun' : 'moon'}
        label={isDark ? t('app.to_light') : t('app.to_dark')}
        onPress={() => {
          chooseTheme(isDark ? 'light' : 'dark');
        }}
        testId="theme"
      />
    </div>
  );
}
