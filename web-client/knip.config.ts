import type { KnipConfig } from 'knip';

const config: KnipConfig = {
  // Used by the url() of its faces in src/ui/fonts.css.
  ignoreDependencies: ['@fontsource/be-vietnam-pro'],
};

export default config;
