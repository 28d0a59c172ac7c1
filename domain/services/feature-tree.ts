/** What places a feature in its service's tree. */
export interface Node {
  id: string;
  parentId: string | null;
  code: string;
  isActive: boolean;
  displayOrder: number;
}

export interface Place<N extends Node> {
  node: N;
  /** 1 for a root. */
  depth: number;
  /** It and everything above it is active. */
  effective: boolean;
}

const inOrder = (a: Node, b: Node) =>
  a.displayOrder - b.displayOrder || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0);

function childrenOf<N extends Node>(nodes: readonly N[]): Map<string | null, N[]> {
  const children = new Map<string | null, N[]>();
  for (const node of nodes) {
    const siblings = children.get(node.parentId);
    if (siblings) siblings.push(node);
    else children.set(node.parentId, [node]);
  }
  for (const siblings of children.values()) if (siblings.length > 1) siblings.sort(inOrder);
  return children;
}

/**
 * Each feature after the one above it, siblings by displayOrder and then by code.
 * @param nodes all of one service, in any order; what hangs from no root is left out
 */
export function treeOf<N extends Node>(nodes: readonly N[]): Place<N>[] {
  const children = childrenOf(nodes);
  const tree: Place<N>[] = [];
  const append = (siblings: readonly N[], depth: number, above: boolean) => {
    for (const node of siblings) {
      const effective = above && node.isActive;
      tree.push({ node, depth, effective });
      const below = children.get(node.id);
      if (below) append(below, depth + 1, effective);
    }
  };
  append(children.get(null) ?? [], 1, true);
  return tree;
}
