/**
 * Which tables of a schema a diagram shows and where they stand. A diagram of everything shows nothing: at most
 * {@link maxTables}, either those with the most relations or those around one table. Relations that cross a schema are
 * left to the table's own page.
 *
 * @module
 */
import dagre from '@dagrejs/dagre';
import type { Table } from './catalog';

export const maxTables = 60;
const maxLines = 12;

export const boxWidth = 230;
const headerHeight = 38;
const lineHeight = 22;
const footHeight = 8;

export interface BoxLine {
  readonly name: string;
  readonly type: string | null;
  readonly isPrimary: boolean;
  readonly isForeign: boolean;
}

export interface Box {
  readonly name: string;
  readonly kind: Table['kind'];
  readonly lines: readonly BoxLine[];
  /** Columns that are not shown. */
  readonly left: number;
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

export interface Relation {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly columns: readonly string[];
  readonly toColumns: readonly string[];
}

type Keyed = Pick<Table, 'name' | 'kind' | 'schema'> & Partial<Pick<Table, 'columns' | 'primaryKey' | 'foreignKeys'>>;

/** Foreign keys between tables of the list. */
export function relationsOf(tables: readonly Keyed[]): readonly Relation[] {
  const names = new Set(tables.map(({ name }) => name));
  return tables.flatMap(({ name, schema, foreignKeys = [] }) =>
    foreignKeys
      .filter(({ toSchema, toTable }) => toSchema === schema && names.has(toTable))
      .map(({ columns, toTable, toColumns }, place) => ({
        ...{ id: `${name}/${place}`, from: name, to: toTable },
        ...{ columns, toColumns },
      })),
  );
}

/**
 * @param around  Its neighbours, and theirs, until there are enough; `null`: those with the most relations.
 */
export function chooseTables<One extends Keyed>(tables: readonly One[], around: string | null): readonly One[] {
  if (around === null && tables.length <= maxTables) return tables;
  const neighbours = neighboursOf(tables);
  const degree = (name: string) => neighbours.get(name)?.size ?? 0;
  const names = around === null ? mostConnected(tables, neighbours, degree) : nearest(around, neighbours, degree);
  const chosen = new Set(names.slice(0, maxTables));
  return tables.filter(({ name }) => chosen.has(name));
}

type Neighbours = ReadonlyMap<string, ReadonlySet<string>>;

function neighboursOf(tables: readonly Keyed[]): Neighbours {
  const found = new Map<string, Set<string>>(tables.map(({ name }) => [name, new Set()]));
  for (const { from, to } of relationsOf(tables)) {
    if (from === to) continue;
    found.get(from)?.add(to);
    found.get(to)?.add(from);
  }
  return found;
}

/** Grown from the best connected one, so that what is shown hangs together. */
function mostConnected(tables: readonly Keyed[], neighbours: Neighbours, degree: (name: string) => number): string[] {
  const byDegree = tables.map(({ name }) => name).toSorted((a, b) => degree(b) - degree(a));
  const names = new Set<string>();
  for (const name of byDegree) {
    if (names.size >= maxTables) break;
    if (!names.has(name)) for (const near of nearest(name, neighbours, degree)) names.add(near);
  }
  return [...names];
}

/** Breadth first, the better connected first among those equally near. */
function nearest(start: string, neighbours: Neighbours, degree: (name: string) => number): string[] {
  const names = new Set([start]);
  for (const name of names) {
    if (names.size >= maxTables) break;
    for (const near of [...(neighbours.get(name) ?? [])].toSorted((a, b) => degree(b) - degree(a))) names.add(near);
  }
  return [...names].slice(0, maxTables);
}

/** Places the boxes so that references lead from left to right, and what stands alone in rows below. */
export function layOut(tables: readonly Keyed[]): {
  readonly boxes: readonly Box[];
  readonly relations: readonly Relation[];
} {
  const relations = relationsOf(tables);
  const connected = new Set(relations.filter(({ from, to }) => from !== to).flatMap(({ from, to }) => [from, to]));
  const drawn = tables.map((table) => ({ ...linesOf(table), name: table.name, kind: table.kind }));
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'LR', nodesep: 28, ranksep: 90, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { name, height } of drawn) if (connected.has(name)) graph.setNode(name, { width: boxWidth, height });
  for (const { id, from, to } of relations) if (from !== to) graph.setEdge(from, to, {}, id);
  if (connected.size > 0) dagre.layout(graph);

  const placed = drawn
    .filter(({ name }) => connected.has(name))
    .map((box) => {
      const { x, y } = graph.node(box.name);
      return { ...box, x: x - boxWidth / 2, y: y - box.height / 2 };
    });
  const bottom = Math.max(0, ...placed.map(({ y, height }) => y + height + 60));
  return {
    boxes: [
      ...placed,
      ...inRows(
        drawn.filter(({ name }) => !connected.has(name)),
        bottom,
      ),
    ],
    relations,
  };
}

function inRows<One extends { readonly height: number }>(alone: readonly One[], top: number) {
  const perRow = Math.max(1, Math.min(6, Math.ceil(Math.sqrt(alone.length))));
  let y = top;
  const placed: (One & { x: number; y: number })[] = [];
  for (let from = 0; from < alone.length; from += perRow) {
    const row = alone.slice(from, from + perRow);
    placed.push(...row.map((box, place) => ({ ...box, x: place * (boxWidth + 40), y })));
    y += Math.max(...row.map(({ height }) => height)) + 40;
  }
  return placed;
}

/** Keys first: they are what a diagram is for. */
function linesOf({ columns, primaryKey, foreignKeys = [] }: Keyed): Pick<Box, 'lines' | 'left' | 'height'> {
  const primary = new Set(primaryKey?.columns);
  const foreign = new Set(foreignKeys.flatMap((key) => key.columns));
  const types = new Map((columns ?? []).map(({ name, nativeType }) => [name, nativeType]));
  const names = [...new Set([...primary, ...foreign, ...types.keys()])];
  const lines = names.slice(0, maxLines).map((name) => ({
    ...{ name, type: types.get(name) ?? null },
    ...{ isPrimary: primary.has(name), isForeign: foreign.has(name) },
  }));
  const left = names.length - lines.length;
  return { lines, left, height: headerHeight + (lines.length + (left > 0 ? 1 : 0)) * lineHeight + footHeight };
}
