import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unstable_readConfig } from 'wrangler';

const config = join(import.meta.dirname, '..', 'wrangler.toml');

describe('wrangler.toml', () => {
  it.each([undefined, 'staging', 'production'])(
    'has the platform keep logs and traces, without addresses and queries: %s',
    (env) => {
      const { observability } = unstable_readConfig({ config, ...(env && { env }) });
      expect(observability).toEqual({
        enabled: true,
        redact_query_string: true,
        logs: { enabled: true, head_sampling_rate: 1, invocation_logs: false },
        traces: { enabled: true, head_sampling_rate: 0.1 },
      });
    },
  );
});
