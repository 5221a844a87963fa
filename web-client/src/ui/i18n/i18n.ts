/** The languages of the page: Vietnamese first, English complete. */
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { preferences, remember } from '../../io/storage';
import en from './en.json';
import vi from './vi.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof vi };
  }
}

export type Language = 'vi' | 'en';

export async function startTranslations(): Promise<void> {
  i18next.on('languageChanged', (language) => {
    document.documentElement.lang = language;
  });
  await i18next.use(initReactI18next).init({
    lng: preferences().language ?? 'vi',
    fallbackLng: 'vi',
    resources: { vi: { translation: vi }, en: { translation: en } },
    // React escapes by itself.
    interpolation: { escapeValue: false },
  });
}

export function chooseLanguage(language: Language): void {
  remember({ language });
  void i18next.changeLanguage(language);
}
