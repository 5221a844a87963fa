/** The stories in the order of their names, whatever took how long the last time. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

export class StoryOrder extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve(files.toSorted((a, b) => a.moduleId.localeCompare(b.moduleId)));
  }
}
