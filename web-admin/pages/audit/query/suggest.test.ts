import { describe, expect, it } from 'vitest';
import { placeAt, qualifiersFor, valuesFor } from './suggest.ts';

describe('what is proposed', () => {
  it('belongs to the term at the caret', () => {
    const text = '-act outcome:den pump';
    expect(placeAt(text, 4, 'records')).toMatchObject({ start: 0, end: 4, name: null, negated: true, written: 'act' });
    expect(placeAt(text, 16, 'records')).toMatchObject({ start: 5, end: 16, kind: 'outcome', written: 'den' });
    expect(placeAt('a  b', 2, 'records')).toMatchObject({ start: 2, end: 2, name: null, written: '' });
    expect(placeAt('outcome:', 8, 'api-logs')).toMatchObject({ name: 'outcome', kind: null });
  });

  it('is a qualifier of this list; behind a minus, one that can be left out', () => {
    expect(qualifiersFor(placeAt('act', 3, 'records'), 'records')).toEqual(
      ['actor', 'action'].filter((n) => n.startsWith('act')),
    );
    expect(qualifiersFor(placeAt('-c', 2, 'records'), 'records')).toEqual([]);
    expect(qualifiersFor(placeAt('du', 2, 'api-logs'), 'api-logs')).toEqual(['duration']);
  });

  it('is a value that holds what is written, those that begin with it first', () => {
    expect(valuesFor('outcome', 'e')).toEqual(['success', 'denied', 'failure']);
    expect(valuesFor('action', 'service.config')[0]).toBe('service.config.*');
    expect(valuesFor('action', 'config.update')).toEqual(['service.config.update']);
    expect(valuesFor('text', 'x')).toEqual([]);
  });
});
