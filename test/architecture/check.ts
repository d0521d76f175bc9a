/**
 * Holds source files against the floor plan of `rules.ts` and names every breach: the file, the line and the rule.
 *
 * @module
 */
import { isBuiltin } from 'node:module';
import {
  type Deed,
  deedFences,
  harmlessNames,
  importTable,
  nodeFences,
  openRooms,
  packageFences,
  revealers,
  sharedFolders,
  strangers,
  typeTable,
} from './rules.js';
import type { Import, SourceFile } from './source-file.js';

export interface Breach {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
}

export const showBreach = ({ path, line, rule }: Breach) => `${path}:${line} ${rule}`;

/** `src/http/kit/cookies.ts` → `http`; `src/app.ts` → `app`; anything outside src → `null`. */
export function roomOf(path: string): string | null {
  return /^src\/([^/.]+)(?:\/|\.)/.exec(path)?.[1] ?? null;
}

/** Every breach of the floor plan in these files, which are taken as the whole of `src/`. */
export function findBreaches(files: readonly SourceFile[]): Breach[] {
  const breaches = files.flatMap((file) => [
    ...checkForm(file),
    ...file.imports.flatMap((taken) => checkImport(file, taken)),
    ...(file.isTest ? [] : [...file.imports.flatMap((taken) => checkFence(file, taken)), ...checkDeeds(file)]),
  ]);
  return [...breaches, ...checkRevealers(files), ...findFileCycles(files)];
}

function checkForm(file: SourceFile): Breach[] {
  const faults: string[] = [];
  if (!file.isTest && file.opening === null) faults.push('does not open with a doc block');
  if (!file.isTest && file.opening?.includes('@module') === false) faults.push('has no @module in its doc block');
  if (file.hasDefaultExport) faults.push('has a default export');
  if (!Object.hasOwn(importTable, roomOf(file.path) ?? '')) faults.push('is in no room');
  return faults.map((rule) => ({ path: file.path, line: 1, rule }));
}

function checkImport(file: SourceFile, taken: Import): Breach[] {
  const { target } = taken;
  if (target === null) return [];
  const breach = (rule: string) => [{ path: file.path, line: taken.line, rule }];
  const from = roomOf(file.path) ?? '';
  const to = roomOf(target);
  if (to === null) {
    return file.isTest && target.startsWith('test/') ? [] : breach(`imports ${target}, which is not in src`);
  }
  if (from === to) return checkStrangers(file.path, target).flatMap(breach);
  const mayRun = importTable[from]?.includes(to) ?? false;
  const mayName = mayRun || (taken.isTypeOnly && (typeTable[from]?.includes(to) ?? false));
  if (!mayName) return breach(`${from} may not import ${to}${typeTable[from]?.includes(to) ? ' but for types' : ''}`);
  const isOpen = openRooms.some((room) => room === to) || target === `src/${to}.ts`;
  if (!isOpen && target !== `src/${to}/index.ts`) return breach(`enters ${to} not by its door`);
  return [];
}

function checkStrangers(path: string, target: string): string[] {
  const rules: string[] = [];
  for (const { folder, also } of strangers) {
    const wings = [...also.map((other) => `src/${other}/`)];
    for (const side of [path, target]) {
      const wing = new RegExp(`^src/${folder}/[^/]+/`).exec(side)?.[0];
      if (wing !== undefined) wings.push(wing);
    }
    const own = wings.find((wing) => path.startsWith(wing));
    const other = wings.find((wing) => target.startsWith(wing));
    if (own !== undefined && other !== undefined && own !== other) rules.push(`${own} and ${other} are strangers`);
  }
  for (const { folder, mayNotImport } of sharedFolders) {
    const wing = mayNotImport.find((closed) => target.startsWith(`src/${closed}/`));
    if (path.startsWith(`src/${folder}/`) && wing !== undefined) rules.push(`${folder} may not import ${wing}`);
  }
  return rules;
}

function checkFence(file: SourceFile, taken: Import): Breach[] {
  if (taken.target !== null) return [];
  const room = roomOf(file.path) ?? '';
  const breach = (rule: string) => [{ path: file.path, line: taken.line, rule }];
  if (isBuiltin(taken.specifier)) {
    if (!taken.specifier.startsWith('node:')) return breach(`imports ${taken.specifier} without node:`);
    const rooms = nodeFences[taken.specifier];
    const isHarmless =
      taken.isTypeOnly ||
      (taken.names.length > 0 && taken.names.every((name) => harmlessNames[taken.specifier]?.includes(name)));
    if (rooms === undefined || rooms.includes(room) || isHarmless) return [];
    return breach(`${taken.specifier} is fenced off from ${room}`);
  }
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(taken.specifier)?.[0] ?? taken.specifier;
  const rooms = packageFences[name];
  if (rooms === undefined) return breach(`the package ${name} has no row in the fences`);
  return rooms.includes(room) ? [] : breach(`${name} is fenced off from ${room}`);
}

function checkDeeds(file: SourceFile): Breach[] {
  const room = roomOf(file.path) ?? '';
  const fences: Readonly<Record<Deed, readonly string[]>> = deedFences;
  return file.deeds
    .filter(({ deed }) => !fences[deed].includes(room))
    .map(({ deed, line }) => ({ path: file.path, line, rule: `${room} ${deed}` }));
}

function checkRevealers(files: readonly SourceFile[]): Breach[] {
  const breaches: Breach[] = [];
  const revealing = files.filter((file) => !file.isTest && file.reveals.length > 0);
  for (const file of revealing) {
    if (file.path in revealers) continue;
    for (const line of file.reveals)
      breaches.push({ path: file.path, line, rule: 'reveals a secret and is not listed' });
  }
  for (const path of Object.keys(revealers)) {
    if (revealing.some((file) => file.path === path)) continue;
    breaches.push({ path, line: 1, rule: 'is listed as revealing secrets and does not' });
  }
  return breaches;
}

/** Files that import each other in a ring, types included; each ring is told once. */
function findFileCycles(files: readonly SourceFile[]): Breach[] {
  const graph = new Map(files.map((file) => [file.path, file.imports.flatMap(({ target }) => target ?? [])]));
  return findCycles(graph).map((ring) => ({
    path: ring[0] ?? '',
    line: 1,
    rule: `is in an import cycle: ${[...ring, ring[0]].join(' → ')}`,
  }));
}

/** Rings of a directed graph: for each edge that leads back to where a walk came from, that stretch of the walk. */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const rings: string[][] = [];
  const done = new Set<string>();
  const walk: string[] = [];
  const visit = (node: string): void => {
    const at = walk.indexOf(node);
    if (at >= 0) {
      rings.push(walk.slice(at));
      return;
    }
    if (done.has(node)) return;
    walk.push(node);
    for (const next of graph.get(node) ?? []) visit(next);
    walk.pop();
    done.add(node);
  };
  for (const node of graph.keys()) visit(node);
  return rings;
}
