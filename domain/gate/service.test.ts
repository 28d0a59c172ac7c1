import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { activeFeatures } from './service.ts';

fc.configureGlobal({ seed: 20_261_122, numRuns: 1000 });

interface Node {
  parent: number | null;
  isActive: boolean;
}

const nodes = fc.array(
  fc.record(
    { parent: fc.option(fc.integer({ min: 0, max: 12 })), isActive: fc.constantFrom(true, true, true, false) },
    { noNullPrototype: true },
  ),
  { maxLength: 12 },
);

const featuresOf = (all: Node[]) =>
  all.map(({ parent, isActive }, i) => ({
    id: `id-${i}`,
    parentId: parent === null ? null : `id-${parent}`,
    code: `code-${String(i).padStart(2, '0')}`,
    isActive,
  }));

/** The obvious way: walk up from each; a walk longer than there are features goes round in a circle. */
function reference(all: Node[]): string[] {
  return featuresOf(all).flatMap(({ code }, i) => {
    let at: number | null = i;
    for (let steps = 0; at !== null; steps++) {
      const node: Node | undefined = all[at];
      if (!node?.isActive || steps > all.length) return [];
      at = node.parent;
    }
    return [code];
  });
}

describe('features', () => {
  it('are on when they and all above them are active, in any order, with circles and orphans off', () => {
    let on = 0;
    fc.assert(
      fc.property(nodes, (all) => {
        const expected = reference(all);
        on += expected.length;
        expect(activeFeatures(featuresOf(all))).toEqual(expected);
        expect(activeFeatures(featuresOf(all).reverse())).toEqual(expected);
      }),
    );
    expect(on).toBeGreaterThan(500);
  });
});
