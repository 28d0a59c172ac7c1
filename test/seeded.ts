import { afterEach } from 'vitest';
import { seedRandom } from './random.ts';

// Runs before each file of the flows.
const seed = seedRandom();

afterEach(({ task }) => {
  if (task.result?.state === 'fail') console.log(`TEST_SEED=${seed} chooses the same data again`);
});
