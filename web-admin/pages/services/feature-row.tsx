// biome-ignore-all lint/a11y/useKeyWithClickEvents: the tree has the keys of all its rows (ARIA APG, tree view)
// biome-ignore-all lint/a11y/noStaticElementInteractions: what is clicked in a row can be done with the keys of the tree
import { draggable, dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter';
import { attachInstruction, extractInstruction } from '@atlaskit/pragmatic-drag-and-drop-hitbox/list-item';
import { Badge, Switch } from '@mantine/core';
import { IconChevronDown, IconChevronRight, IconGripVertical } from '@tabler/icons-react';
import { memo, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ServiceFeatureInTree } from '../../api/schema.gen.ts';
import type { TreeRow } from './feature-tree.ts';
import classes from './features.module.css';

export type Where = 'before' | 'after' | 'inside';
type Shown = Where | 'blocked' | null;

const WHERE = { 'reorder-before': 'before', 'reorder-after': 'after', combine: 'inside' } as const;

/** What a row can be told to do. The same functions as long as the tree is there: a row is drawn anew only when it has changed. */
export interface RowActs {
  onSelect: (id: string) => void;
  onOpen: (feature: ServiceFeatureInTree) => void;
  onToggleBranch: (id: string) => void;
  onSwitch: (feature: ServiceFeatureInTree) => void;
  /** Whether the dragged one may be there. */
  mayDrop: (dragged: string, target: string, where: Where) => boolean;
  onDrop: (dragged: string, target: string, where: Where) => void;
}

interface FeatureRowProps {
  row: TreeRow<ServiceFeatureInTree>;
  selected: boolean;
  moving: boolean;
  /** Why it cannot be switched, for whoever may not. */
  missing: string | undefined;
  acts: RowActs;
}

/** Picks a row up and takes others in; `shown` is where the one above it would go. */
function useDragging({ row, missing, acts }: FeatureRowProps) {
  const element = useRef<HTMLDivElement>(null);
  const [dragged, setDragged] = useState(false);
  const [shown, setShown] = useState<Shown>(null);
  const { id } = row.node;
  const spread = row.open === true;
  const off = missing !== undefined;
  useEffect(() => {
    const at = element.current;
    if (!at || off) return;
    const idOf = (data: Record<string | symbol, unknown>) => String(data.feature ?? '');
    const may = (dragging: string, where: Where) => (acts.mayDrop(dragging, id, where) ? 'available' : 'blocked');
    const stopDragging = draggable({
      element: at,
      getInitialData: () => ({ feature: id }),
      onDragStart: () => setDragged(true),
      onDrop: () => setDragged(false),
    });
    const stopTaking = dropTargetForElements({
      element: at,
      canDrop: ({ source }) => 'feature' in source.data && idOf(source.data) !== id,
      getData: ({ input, element: target, source }) => {
        const other = idOf(source.data);
        const operations = {
          'reorder-before': may(other, 'before'),
          // Behind one whose own are shown would look like in front of the first of them.
          'reorder-after': spread ? ('not-available' as const) : may(other, 'after'),
          combine: may(other, 'inside'),
        } as const;
        return attachInstruction({}, { input, element: target, operations });
      },
      onDrag: ({ self }) => {
        const instruction = extractInstruction(self.data);
        setShown(instruction && (instruction.blocked ? 'blocked' : WHERE[instruction.operation]));
      },
      onDragLeave: () => setShown(null),
      onDrop: ({ self, source }) => {
        setShown(null);
        const instruction = extractInstruction(self.data);
        if (instruction && !instruction.blocked) acts.onDrop(idOf(source.data), id, WHERE[instruction.operation]);
      },
    });
    return () => {
      stopDragging();
      stopTaking();
    };
  }, [id, spread, off, acts]);
  return { element, dragged, shown };
}

/** What it comes to with everything above it. */
function Effective({ feature }: { feature: ServiceFeatureInTree }) {
  const { t } = useTranslation('service');
  const state = feature.effective ? 'on' : feature.isActive ? 'offAbove' : 'off';
  return (
    <Badge variant={state === 'on' ? 'light' : 'default'} size="sm" data-effective={state}>
      {t(`features.${state}`)}
    </Badge>
  );
}

/** One feature: what it is called, what it comes to, and its own state. */
export const FeatureRow = memo(function FeatureRow(props: FeatureRowProps) {
  const { row, selected, moving, missing, acts } = props;
  const { onSelect, onOpen, onToggleBranch, onSwitch } = acts;
  const { node, position, siblings, open } = row;
  const { t } = useTranslation('service');
  const { element, dragged, shown } = useDragging(props);
  const Chevron = open ? IconChevronDown : IconChevronRight;
  return (
    <div
      ref={element}
      role="treeitem"
      aria-level={node.depth}
      aria-posinset={position}
      aria-setsize={siblings}
      aria-selected={selected}
      {...(open === null ? {} : { 'aria-expanded': open })}
      tabIndex={selected ? 0 : -1}
      data-feature={node.id}
      data-moving={moving || undefined}
      data-dragged={dragged || undefined}
      data-drop={shown ?? undefined}
      className={classes.row}
      style={{ '--depth': node.depth } as React.CSSProperties}
      onClick={() => onSelect(node.id)}
      onFocus={(event) => event.target === event.currentTarget && onSelect(node.id)}
      onDoubleClick={() => onOpen(node)}
    >
      {missing === undefined && (
        <span className={classes.grip} aria-hidden>
          <IconGripVertical size={16} />
        </span>
      )}
      <span
        className={classes.expander}
        aria-hidden
        onClick={(event) => {
          event.stopPropagation();
          if (open !== null) onToggleBranch(node.id);
        }}
      >
        {open !== null && <Chevron size={18} />}
      </span>
      <span className={classes.name}>{node.name}</span>
      <code className={classes.code}>{node.code}</code>
      {node.category && (
        <Badge variant="outline" color="gray" size="sm" tt="none" className={classes.marks}>
          {node.category}
        </Badge>
      )}
      {node.isDefault && (
        <Badge variant="outline" size="sm" className={classes.marks}>
          {t('features.default')}
        </Badge>
      )}
      <span className={classes.states}>
        <Effective feature={node} />
        {/* For the pointer; the keys are Space, and the buttons above. */}
        <Switch
          size="sm"
          tabIndex={-1}
          aria-label={t('features.switch', { name: node.name })}
          checked={node.isActive}
          disabled={missing !== undefined}
          title={missing}
          onClick={(event) => event.stopPropagation()}
          onChange={() => onSwitch(node)}
        />
      </span>
    </div>
  );
});
