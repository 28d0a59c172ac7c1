import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  branchOf,
  childrenOf,
  MAX_DEPTH,
  matching,
  movedTo,
  movesTo,
  type Node,
  placeBeside,
  placeOf,
  refusalOf,
  rowsOf,
  stepFrom,
} from './feature-tree.ts';

/** The order the server answers in. */
function inTreeOrder(nodes: Omit<Node, 'depth'>[]): Node[] {
  const below = (parentId: string | null, depth: number): Node[] =>
    nodes
      .filter((node) => node.parentId === parentId)
      .toSorted((a, b) => a.displayOrder - b.displayOrder || (a.id < b.id ? -1 : 1))
      .flatMap((node) => [{ ...node, depth }, ...below(node.id, depth + 1)]);
  return below(null, 1);
}

/** Trees of up to 30 features; each hangs from one before it that is not too deep, with few different numbers. */
const trees = fc
  .array(fc.record({ above: fc.nat(), order: fc.nat(4) }), { minLength: 1, maxLength: 30 })
  .map((made) => {
    const depths: number[] = [];
    const nodes = made.map(({ above, order }, at) => {
      const parent = above % (at + 1);
      const hangs = parent < at && (depths[parent] ?? MAX_DEPTH) < MAX_DEPTH;
      depths.push(hangs ? (depths[parent] ?? 0) + 1 : 1);
      return { id: `n${at}`, parentId: hangs ? `n${parent}` : null, displayOrder: order };
    });
    return inTreeOrder(nodes);
  });

const withPlace = fc.tuple(trees, fc.nat(), fc.nat(), fc.nat()).map(([tree, one, under, where]) => {
  const id = tree[one % tree.length]?.id ?? '';
  const parents = [null, ...tree.map((node) => node.id)].filter((parent) => refusalOf(tree, id, parent) === null);
  const parentId = parents[under % parents.length] ?? null;
  const others = childrenOf(tree, parentId).filter((node) => node.id !== id).length;
  return { tree, id, place: { parentId, index: where % (others + 1) } };
});

const ids = (nodes: readonly Node[]) => nodes.map(({ id }) => id);

test('what is written puts a feature where it was meant to be, and everything else stays in order', () => {
  fc.assert(
    fc.property(withPlace, ({ tree, id, place }) => {
      const moves = new Map(movesTo(tree, id, place).map((move) => [move.id, move]));
      const written = inTreeOrder(tree.map((node) => ({ ...node, ...moves.get(node.id) })));
      expect(placeOf(written, id)).toEqual(place);
      const rest = (nodes: Node[]) => ids(nodes.filter((node) => !branchOf(nodes, id).includes(node)));
      expect(rest(written)).toEqual(rest(tree));
      expect(Math.max(...written.map(({ depth }) => depth))).toBeLessThanOrEqual(MAX_DEPTH);
      expect(ids(movedTo(tree, id, place))).toEqual(ids(written));
      expect(movedTo(tree, id, place).map(({ depth }) => depth)).toEqual(written.map(({ depth }) => depth));
    }),
  );
});

test('a feature is never under itself, nor the tree deeper than it may be', () => {
  fc.assert(
    fc.property(trees, fc.nat(), fc.nat(), (tree, one, other) => {
      const [id, parentId] = [tree[one % tree.length]?.id ?? '', tree[other % tree.length]?.id ?? ''];
      const refusal = refusalOf(tree, id, parentId);
      const inside = ids(branchOf(tree, id)).includes(parentId);
      expect(refusal === 'cycle').toBe(inside);
      if (inside) return;
      const depths = movedTo(tree, id, { parentId, index: 0 }).map(({ depth }) => depth);
      expect(refusal === 'tooDeep').toBe(Math.max(...depths) > MAX_DEPTH);
    }),
  );
});

test('each step has a step back', () => {
  fc.assert(
    fc.property(trees, fc.nat(), (tree, one) => {
      const id = tree[one % tree.length]?.id ?? '';
      for (const [step, back] of [
        ['up', 'down'],
        ['down', 'up'],
        ['in', 'out'],
      ] as const) {
        const place = stepFrom(tree, id, step);
        if (!place) continue;
        const moved = movedTo(tree, id, place);
        expect(stepFrom(moved, id, back)).toEqual(placeOf(tree, id));
      }
    }),
  );
});

test('dropped beside another one it is its neighbour, dropped on it its last child', () => {
  fc.assert(
    fc.property(trees, fc.nat(), fc.nat(), (tree, one, other) => {
      const [id, target] = [tree[one % tree.length]?.id ?? '', tree[other % tree.length]?.id ?? ''];
      fc.pre(refusalOf(tree, id, target) !== 'cycle');
      const after = (where: 'before' | 'after' | 'inside') => movedTo(tree, id, placeBeside(tree, id, target, where));
      const siblings = (nodes: Node[], of: string) => ids(childrenOf(nodes, placeOf(nodes, of).parentId));
      for (const [where, by] of [
        ['before', -1],
        ['after', 1],
      ] as const) {
        const row = siblings(after(where), target);
        expect(row.indexOf(id)).toBe(row.indexOf(target) + by);
      }
      expect(ids(childrenOf(after('inside'), target)).at(-1)).toBe(id);
    }),
  );
});

test('rows are those under what is open, numbered among their siblings', () => {
  fc.assert(
    fc.property(trees, fc.array(fc.nat(29)), (tree, shut) => {
      const closed = new Set(shut.map((at) => `n${at}`));
      const rows = rowsOf(tree, closed);
      const hidden = new Set([...closed].flatMap((id) => ids(branchOf(tree, id)).filter((each) => each !== id)));
      expect(rows.map(({ node }) => node.id)).toEqual(ids(tree).filter((id) => !hidden.has(id)));
      for (const { node, position, siblings } of rows) {
        const row = ids(childrenOf(tree, node.parentId));
        expect([position, siblings]).toEqual([row.indexOf(node.id) + 1, row.length]);
      }
    }),
  );
});

test('a search keeps what matches with everything above it', () => {
  fc.assert(
    fc.property(trees, fc.array(fc.nat(29)), (tree, found) => {
      const wanted = new Set(found.map((at) => `n${at}`));
      const kept = matching(tree, ({ id }) => wanted.has(id));
      for (const node of tree) {
        const inside = branchOf(tree, node.id).some(({ id }) => wanted.has(id));
        expect(kept.includes(node)).toBe(inside);
      }
    }),
  );
});
