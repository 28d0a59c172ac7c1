import { v7, validate, version } from 'uuid';
import { describe, expect, it } from 'vitest';
import { timeOfId } from '../access/caller.ts';
import { derivedId } from './derived-id.ts';

describe('derivedId', () => {
  it('is the same UUIDv7 for the same operation and name, of the operation’s instant, and another one for others', async () => {
    const made = new Set<string>();
    for (let n = 0; n < 200; n++) {
      const operationId = v7();
      for (const name of ['personal_data', 'audit_logs', 'audit_log', 's']) {
        const id = await derivedId(operationId, name);
        expect([validate(id), version(id), timeOfId(id)]).toEqual([true, 7, timeOfId(operationId)]);
        expect(await derivedId(operationId, name)).toBe(id);
        made.add(id);
      }
    }
    expect(made.size).toBe(800);
  });
});
