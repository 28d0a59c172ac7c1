import { type KeyboardEvent, useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { ServiceFeatureInTree } from '../../api/schema.gen.ts';
import { FeatureRow, type RowActs, type Where } from './feature-row.tsx';
import { rowsOf, type Step } from './feature-tree.ts';
import classes from './features.module.css';

interface FeatureTreeViewProps {
  features: ServiceFeatureInTree[];
  closed: ReadonlySet<string>;
  onClosed: (closed: ReadonlySet<string>) => void;
  selected: string | null;
  onSelect: (id: string) => void;
  onOpen: (feature: ServiceFeatureInTree) => void;
  onSwitch: (feature: ServiceFeatureInTree) => void;
  onRemove: (feature: ServiceFeatureInTree) => void;
  /** Whether a dragged one may be there. */
  mayDrop: (dragged: string, target: string, where: Where) => boolean;
  onDrop: (dragged: string, target: string, where: Where) => void;
  /** The feature that is being moved by keys, if one is. */
  moving: string | null;
  onMove: (feature: ServiceFeatureInTree, step?: Step) => void;
  onMoved: (put: boolean) => void;
  missing: string | undefined;
}

const STEPS: Record<string, Step> = { ArrowUp: 'up', ArrowDown: 'down', ArrowRight: 'in', ArrowLeft: 'out' };
const MIRRORED: Record<string, string> = { ArrowLeft: 'ArrowRight', ArrowRight: 'ArrowLeft' };

/** The key as it is meant where text runs from left to right. */
const keyOf = ({ key }: KeyboardEvent) => (document.documentElement.dir === 'rtl' ? (MIRRORED[key] ?? key) : key);

/** The tree view of the ARIA Authoring Practices; M, or Alt with an arrow key, moves what is chosen. */
export function FeatureTreeView(props: FeatureTreeViewProps) {
  const { features, closed, onClosed, selected, onSelect, onOpen, onSwitch, onRemove, moving, onMove, onMoved } = props;
  const { t } = useTranslation('service');
  const rows = useMemo(() => rowsOf(features, closed), [features, closed]);
  const tree = useRef<HTMLDivElement>(null);
  const wantsFocus = useRef(false);
  const at = Math.max(
    0,
    rows.findIndex(({ node }) => node.id === selected),
  );
  const chosen = rows[at];

  useEffect(() => {
    if (!wantsFocus.current || !selected) return;
    wantsFocus.current = false;
    tree.current?.querySelector<HTMLElement>(`[data-feature="${selected}"]`)?.focus();
  });
  const goTo = (index: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (!row) return;
    wantsFocus.current = true;
    onSelect(row.node.id);
  };
  const toggle = (id: string) => {
    const next = new Set(closed);
    if (!next.delete(id)) next.add(id);
    onClosed(next);
  };

  const latest = useRef<RowActs>({ ...props, onToggleBranch: toggle });
  latest.current = { ...props, onToggleBranch: toggle };
  const acts = useMemo<RowActs>(
    () => ({
      onSelect: (id) => latest.current.onSelect(id),
      onOpen: (feature) => latest.current.onOpen(feature),
      onToggleBranch: (id) => latest.current.onToggleBranch(id),
      onSwitch: (feature) => latest.current.onSwitch(feature),
      mayDrop: (...drop) => latest.current.mayDrop(...drop),
      onDrop: (...drop) => latest.current.onDrop(...drop),
    }),
    [],
  );

  const onMovingKeys = (key: string): boolean => {
    const step = STEPS[key];
    wantsFocus.current = true;
    if (step && chosen) onMove(chosen.node, step);
    else if (key === 'Enter' || key === ' ') onMoved(true);
    else if (key === 'Escape') onMoved(false);
    else return false;
    return true;
  };
  const onTreeKeys = (key: string, event: KeyboardEvent): boolean => {
    if (!chosen) return false;
    const { node, open } = chosen;
    const step = STEPS[key];
    if (event.altKey && step) onMove(node, step);
    else if (event.ctrlKey || event.metaKey || event.altKey) return false;
    else if (key === 'ArrowDown') goTo(at + 1);
    else if (key === 'ArrowUp') goTo(at - 1);
    else if (key === 'Home') goTo(0);
    else if (key === 'End') goTo(rows.length - 1);
    else if (key === 'ArrowRight' && open === false) toggle(node.id);
    else if (key === 'ArrowRight' && open) goTo(at + 1);
    else if (key === 'ArrowLeft' && open) toggle(node.id);
    else if (key === 'ArrowLeft') goTo(rows.findIndex((row) => row.node.id === node.parentId));
    else if (key === 'Enter') onOpen(node);
    else if (key === ' ') onSwitch(node);
    else if (key === 'Delete') onRemove(node);
    else if (key.toLowerCase() === 'm') onMove(node);
    else return false;
    return true;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // A switch inside a row has keys of its own.
    if ((event.target as HTMLElement).getAttribute('role') !== 'treeitem') return;
    const key = keyOf(event);
    if (moving ? !onMovingKeys(key) : !onTreeKeys(key, event)) return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      ref={tree}
      role="tree"
      aria-label={t('features.tree')}
      className={classes.tree}
      onKeyDown={onKeyDown}
      onBlur={({ currentTarget, relatedTarget }) => {
        // Whoever goes elsewhere while moving, by a click or by Tab, leaves the feature where it is, except to the buttons for it.
        const goes = relatedTarget instanceof HTMLElement && relatedTarget.closest('[data-feature-tools]');
        if (moving && relatedTarget && !goes && !currentTarget.contains(relatedTarget)) onMoved(false);
      }}
    >
      {rows.map((row, index) => (
        <FeatureRow
          key={row.node.id}
          row={row}
          selected={index === at}
          moving={moving === row.node.id}
          missing={props.missing}
          acts={acts}
        />
      ))}
    </div>
  );
}
