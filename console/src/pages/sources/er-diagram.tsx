/** The drawing itself: boxes and lines that can be moved about, each table a link to its page. @module */
import '@xyflow/react/dist/style.css';
import { Anchor, useComputedColorScheme } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import {
  Background,
  Controls,
  type Edge,
  Handle,
  MarkerType,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from '@xyflow/react';
import { useMemo } from 'react';
import { Link } from 'wouter';
import { narrow } from '../../parts/data-table';
import classes from './er-diagram.module.css';
import { type Box, boxWidth, type Relation } from './er-layout';
import { tableHref } from './table-words';

type TableNode = Node<{ readonly box: Box; readonly href: string; readonly isMarked: boolean }, 'table'>;

const nodeTypes = { table: TableBox };

/** Names and links are large enough from here on. */
const readable = { minZoom: 0.75, maxZoom: 1 } as const;
const wholeAtMost = 12;

function mostReferenced(boxes: readonly Box[], relations: readonly Relation[]): string | null {
  const counts = new Map<string, number>();
  for (const { from, to } of relations) {
    for (const name of [from, to]) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const [first] = boxes.toSorted((a, b) => (counts.get(b.name) ?? 0) - (counts.get(a.name) ?? 0));
  return first?.name ?? null;
}

export function ErDiagram({
  source,
  schema,
  boxes,
  relations,
  marked,
}: {
  readonly source: string;
  readonly schema: string;
  readonly boxes: readonly Box[];
  readonly relations: readonly Relation[];
  /** The table the diagram is around. */
  readonly marked: string | null;
}) {
  const scheme = useComputedColorScheme('light');
  const nodes = useMemo<TableNode[]>(
    () =>
      boxes.map((box) => ({
        ...{ id: box.name, type: 'table', position: { x: box.x, y: box.y }, width: boxWidth, height: box.height },
        data: { box, href: tableHref(source, schema, box.name), isMarked: box.name === marked },
      })),
    [boxes, source, schema, marked],
  );
  const edges = useMemo<Edge[]>(
    () =>
      relations
        // A line back to the same box would run across it; the list says it.
        .filter(({ from, to }) => from !== to)
        .map(({ id, from, to }) => ({
          ...{ id, source: from, target: to, type: 'smoothstep', focusable: false, selectable: false },
          markerEnd: { type: MarkerType.ArrowClosed, width: 18, height: 18, color: 'var(--mantine-color-dimmed)' },
        })),
    [relations],
  );
  // Whole where that can be read; else it begins at one table, and the controls show the rest.
  const isNarrow = useMediaQuery(narrow, false, { getInitialValueInEffect: false });
  const view = useMemo(() => {
    const start = marked ?? (boxes.length > (isNarrow ? 1 : wholeAtMost) ? mostReferenced(boxes, relations) : null);
    return { ...readable, ...(start === null ? {} : { nodes: [{ id: start }] }) };
  }, [boxes, relations, marked, isNarrow]);
  return (
    <div className={classes['frame']}>
      <ReactFlowProvider>
        <ReactFlow
          defaultNodes={nodes}
          defaultEdges={edges}
          nodeTypes={nodeTypes}
          colorMode={scheme}
          nodesConnectable={false}
          // The links inside are what the keyboard goes to.
          nodesFocusable={false}
          edgesFocusable={false}
          deleteKeyCode={null}
          fitView
          fitViewOptions={view}
          minZoom={0.05}
          maxZoom={2}
          aria-label={`Diagram of schema ${schema}: tables and their foreign keys. The same stands below as a list.`}
        >
          <Background />
          <Controls showInteractive={false} />
        </ReactFlow>
      </ReactFlowProvider>
    </div>
  );
}

function TableBox({ data: { box, href, isMarked }, positionAbsoluteX, positionAbsoluteY }: NodeProps<TableNode>) {
  const flow = useReactFlow();
  return (
    <div className={classes['box']} data-marked={isMarked || undefined}>
      <Handle type="target" position={Position.Left} className={classes['handle'] ?? ''} isConnectable={false} />
      <div className={classes['head']}>
        <Anchor
          component={Link}
          href={href}
          size="sm"
          fw={600}
          className={`nodrag ${classes['name']}`}
          title={box.name}
          onFocus={(event) => {
            if (!event.currentTarget.matches(':focus-visible')) return;
            void flow.setCenter(positionAbsoluteX + boxWidth / 2, positionAbsoluteY + box.height / 2, {
              zoom: Math.max(flow.getZoom(), 0.6),
            });
          }}
        >
          {box.name}
        </Anchor>
        {box.kind === 'table' ? null : (
          <span className={classes['sign']}>{box.kind === 'foreign_table' ? 'foreign' : 'view'}</span>
        )}
      </div>
      {box.lines.map(({ name, type, isPrimary, isForeign }) => (
        <div key={name} className={classes['line']}>
          <span className={classes['column']} data-key={isPrimary || isForeign || undefined} title={name}>
            {name}
          </span>
          <span className={classes['type']} title={type ?? undefined}>
            {[isPrimary ? 'PK' : null, isForeign ? 'FK' : null].filter(Boolean).join(' ') || type}
          </span>
        </div>
      ))}
      {box.left === 0 ? null : <div className={classes['line']}>and {box.left} more</div>}
      <Handle type="source" position={Position.Right} className={classes['handle'] ?? ''} isConnectable={false} />
    </div>
  );
}
