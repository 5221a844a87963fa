import { defineConfig } from 'vitest/config';
import { StoryOrder } from './support/order.ts';

export default defineConfig({
  test: {
    include: ['network/**/*.test.ts'],
    exclude: ['network/**/*.long.test.ts'],
    globalSetup: ['support/setup.ts'],
    // One browser on two cores: one story after the other.
    maxWorkers: 1,
    fileParallelism: false,
    sequence: { sequencer: StoryOrder },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['verbose'],
  },
});
