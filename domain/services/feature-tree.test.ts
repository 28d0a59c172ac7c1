import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Node, treeOf } from './feature-tree.ts';

fc.configureGlobal({ seed: 20_261_122, numRuns: 500 });

interface Seed {
  above: number;
  code: string;
  isActive: boolean;
  displayOrder: number;
}

const seeds = (size: { minLength?: number; maxLength: number }) =>
  fc.array(
    fc.record({
      above: fc.nat(),
      code: fc.constantFrom('a', 'B', 'b', 'a.b', 'z9'),
      isActive: fc.boolean(),
      displayOrder: fc.integer({ min: -2, max: 2 }),
    }),
    size,
  );

/** Each hangs from one before it, or from none. Codes are unique, as in a service. */
const nodesOf = (list: readonly Seed[]): Node[] =>
  list.map(({ above, code, ...rest }, i) => ({
    id: `n${i}`,
    parentId: above % (i + 1) === i ? null : `n${above % (i + 1)}`,
    code: `${code}-${i}`,
    ...rest,
  }));

/** The definition, told slowly: a node's branch is itself, then its children's branches in order. */
function branches(nodes: readonly Node[], parent: string | null): string[] {
  const children = nodes.filter(({ parentId }) => parentId === parent);
  const sorted = children.toSorted((a, b) => a.displayOrder - b.displayOrder || (a.code < b.code ? -1 : 1));
  return sorted.flatMap(({ id }) => [id, ...branches(nodes, id)]);
}

function lineage(nodes: readonly Node[], id: string | null): Node[] {
  const node = nodes.find((each) => each.id === id);
  return node ? [node, ...lineage(nodes, node.parentId)] : [];
}

function expectModel(nodes: readonly Node[], shuffled: readonly Node[]): void {
  const tree = treeOf(shuffled);
  expect(tree.map(({ node }) => node.id)).toEqual(branches(nodes, null));
  for (const { depth, effective, node } of tree) {
    const line = lineage(nodes, node.id);
    expect(line[0]).toEqual(node);
    expect([node.id, depth, effective]).toEqual([node.id, line.length, line.every(({ isActive }) => isActive)]);
  }
}

describe('feature tree', () => {
  it('is what its definition says, whatever order the rows come in', () => {
    const cases = seeds({ maxLength: 25 }).chain((list) => {
      const nodes = nodesOf(list);
      return fc.tuple(fc.constant(nodes), fc.shuffledSubarray(nodes, { minLength: nodes.length }));
    });
    let tried = 0;
    fc.assert(
      fc.property(cases, ([nodes, shuffled]) => {
        tried++;
        expectModel(nodes, shuffled);
      }),
    );
    console.log(`feature trees against the model: tried ${tried}, failed 0`);
  });

  it('is so for 1,000 features too', () => {
    const [list = []] = fc.sample(seeds({ minLength: 1000, maxLength: 1000 }), { seed: 7, numRuns: 1 });
    const nodes = nodesOf(list);
    expect(nodes).toHaveLength(1000);
    expectModel(nodes, nodes.toReversed());
  });

  it('ends when rows are no tree: what hangs from no root is left out', () => {
    const node = (id: string, parentId: string | null) => ({ id, parentId, code: id, isActive: true, displayOrder: 0 });
    const tree = treeOf([node('a', 'b'), node('b', 'a'), node('c', 'c'), node('d', 'gone'), node('e', null)]);
    expect(tree.map((place) => place.node.id)).toEqual(['e']);
  });
});
