import { defineConfig } from 'vitest/config';
import { StoryOrder } from './support/order.ts';

export default defineConfig({
  test: {
    include: ['screenshots/**/*.shots.ts'],
    globalSetup: ['support/setup.ts'],
    maxWorkers: 1,
    fileParallelism: false,
    sequence: { sequencer: StoryOrder },
    testTimeout: 600_000,
    hookTimeout: 120_000,
    reporters: ['verbose'],
  },
});
