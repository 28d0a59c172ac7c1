import type { ServiceFeatureInTree } from '../../api/schema.gen.ts';
import { renumber } from './order.ts';

/** As deep as a service's tree may be; 1 is a root. */
export const MAX_DEPTH = 8;
const BOUNDS = { least: -1_000_000, most: 1_000_000 };

/** What of a feature places it in the tree. Lists of them are in the order of the tree: each after the one above it. */
export type Node = Pick<ServiceFeatureInTree, 'id' | 'parentId' | 'displayOrder' | 'depth'>;

/** Under which feature (null: none), and the how manieth there, the one that is moved not counted. */
export interface Place {
  parentId: string | null;
  index: number;
}

export interface TreeRow<N extends Node> {
  node: N;
  /** From 1, among those with the same parent. */
  position: number;
  siblings: number;
  /** Null: there is nothing below it. */
  open: boolean | null;
}

export const childrenOf = <N extends Node>(nodes: readonly N[], parentId: string | null): N[] =>
  nodes.filter((node) => node.parentId === parentId);

/** It and everything below it. */
export function branchOf<N extends Node>(nodes: readonly N[], id: string): N[] {
  const within = new Set([id]);
  return nodes.filter((node) => {
    const inside = within.has(node.id) || (node.parentId !== null && within.has(node.parentId));
    if (inside) within.add(node.id);
    return inside;
  });
}

/** The rows that are seen: of what is closed, nothing below. */
export function rowsOf<N extends Node>(nodes: readonly N[], closed: ReadonlySet<string>): TreeRow<N>[] {
  const counts = new Map<string | null, number>();
  for (const { parentId } of nodes) counts.set(parentId, (counts.get(parentId) ?? 0) + 1);
  const met = new Map<string | null, number>();
  const hidden = new Set<string>();
  return nodes.flatMap((node) => {
    const { id, parentId } = node;
    const position = (met.get(parentId) ?? 0) + 1;
    met.set(parentId, position);
    const below = (counts.get(id) ?? 0) > 0;
    if (parentId !== null && hidden.has(parentId)) {
      hidden.add(id);
      return [];
    }
    if (closed.has(id)) hidden.add(id);
    return [{ node, position, siblings: counts.get(parentId) ?? 0, open: below ? !closed.has(id) : null }];
  });
}

/** Those that match and everything above them, still in the order of the tree. */
export function matching<N extends Node>(nodes: readonly N[], matches: (node: N) => boolean): N[] {
  const wanted = new Set<string>();
  for (const node of nodes.toReversed())
    if (wanted.has(node.id) || matches(node)) {
      wanted.add(node.id);
      if (node.parentId !== null) wanted.add(node.parentId);
    }
  return nodes.filter(({ id }) => wanted.has(id));
}

/** Why a feature cannot be under another one; null: it can. The server refuses the same. */
export function refusalOf(nodes: readonly Node[], id: string, parentId: string | null): 'cycle' | 'tooDeep' | null {
  const branch = branchOf(nodes, id);
  if (branch.some((node) => node.id === parentId)) return 'cycle';
  const top = branch[0]?.depth ?? 1;
  const height = Math.max(...branch.map(({ depth }) => depth)) - top + 1;
  const above = nodes.find((node) => node.id === parentId)?.depth ?? 0;
  return above + height > MAX_DEPTH ? 'tooDeep' : null;
}

export function placeOf(nodes: readonly Node[], id: string): Place {
  const parentId = nodes.find((node) => node.id === id)?.parentId ?? null;
  return { parentId, index: childrenOf(nodes, parentId).findIndex((node) => node.id === id) };
}

export type Step = 'up' | 'down' | 'in' | 'out';

/** One step from where it is; null: there is no way. In is under the one before it, out is behind the one it is under. */
export function stepFrom(nodes: readonly Node[], id: string, step: Step): Place | null {
  const { parentId, index } = placeOf(nodes, id);
  const siblings = childrenOf(nodes, parentId);
  if (step === 'up') return index > 0 ? { parentId, index: index - 1 } : null;
  if (step === 'down') return index < siblings.length - 1 ? { parentId, index: index + 1 } : null;
  if (step === 'in') {
    const before = siblings[index - 1];
    return before ? { parentId: before.id, index: childrenOf(nodes, before.id).length } : null;
  }
  if (parentId === null) return null;
  const above = placeOf(nodes, parentId);
  return { parentId: above.parentId, index: above.index + 1 };
}

/** Before, behind or under another one, as it is dropped there. */
export function placeBeside(
  nodes: readonly Node[],
  id: string,
  target: string,
  where: 'before' | 'after' | 'inside',
): Place {
  if (where === 'inside')
    return { parentId: target, index: childrenOf(nodes, target).filter((node) => node.id !== id).length };
  const { parentId } = placeOf(nodes, target);
  const others = childrenOf(nodes, parentId).filter((node) => node.id !== id);
  const index = others.findIndex((node) => node.id === target);
  return { parentId, index: where === 'before' ? index : index + 1 };
}

export interface Move {
  id: string;
  parentId?: string | null;
  displayOrder?: number;
}

const siblingsAt = <N extends Node>(nodes: readonly N[], id: string, { parentId, index }: Place): N[] => {
  const moved = nodes.filter((node) => node.id === id);
  return childrenOf(nodes, parentId)
    .filter((node) => node.id !== id)
    .toSpliced(index, 0, ...moved);
};

/** What has to be written for a feature to be at a place; nothing when it is there already. */
export function movesTo(nodes: readonly Node[], id: string, place: Place): Move[] {
  const now = placeOf(nodes, id);
  if (now.parentId === place.parentId && now.index === place.index) return [];
  const wanted = siblingsAt(nodes, id, place);
  const moves = renumber(wanted, place.index, ({ displayOrder }) => displayOrder, BOUNDS).map(
    ({ item, number }): Move => ({ id: item.id, displayOrder: number }),
  );
  if (now.parentId === place.parentId) return moves;
  const own = moves.find((move) => move.id === id) ?? { id };
  return [{ ...own, parentId: place.parentId }, ...moves.filter((move) => move.id !== id)];
}

/** The tree as it would be. */
export function movedTo<N extends Node>(nodes: readonly N[], id: string, place: Place): N[] {
  const depthChange = (nodes.find((node) => node.id === place.parentId)?.depth ?? 0) + 1;
  const branch = branchOf(nodes, id);
  const top = branch[0];
  if (!top) return [...nodes];
  const inBranch = new Set(branch.map((node) => node.id));
  const moved = branch.map((node) => ({
    ...node,
    depth: node.depth - top.depth + depthChange,
    ...(node.id === id ? { parentId: place.parentId } : {}),
  }));
  const rest = nodes.filter((node) => !inBranch.has(node.id));
  const others = childrenOf(rest, place.parentId);
  const before = others[place.index - 1];
  const parentAt = rest.findIndex((node) => node.id === place.parentId);
  const at = before ? rest.findIndex((node) => node.id === before.id) + branchOf(rest, before.id).length : parentAt + 1;
  return rest.toSpliced(at, 0, ...moved);
}
