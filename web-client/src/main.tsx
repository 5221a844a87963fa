import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './ui/App';
import './ui/fonts.css';
import { startTranslations } from './ui/i18n/i18n';
import { startTheme } from './ui/theme';
import './ui/tokens.css';

startTheme();
await startTranslations();
const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
