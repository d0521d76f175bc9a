/**
 * One source file as the floor plan sees it: what it imports and the fenced deeds it does, read from its syntax tree,
 * so that words in comments and texts count for nothing.
 *
 * @module
 */
import { posix } from 'node:path';
import ts from 'typescript';
import type { Deed } from './rules.js';

export interface Import {
  readonly specifier: string;
  /** Path inside the project (`src/kernel/page.ts`) for a relative import; `null` for a package or Node module. */
  readonly target: string | null;
  /** Vanishes when compiled. */
  readonly isTypeOnly: boolean;
  /** Names taken, `*` for everything, in the order written. */
  readonly names: readonly string[];
  readonly line: number;
}

export interface FoundDeed {
  readonly deed: Deed;
  readonly line: number;
}

export interface SourceFile {
  /** With slashes, from the project's root: `src/kernel/page.ts`. */
  readonly path: string;
  readonly text: string;
  readonly isTest: boolean;
  readonly imports: readonly Import[];
  readonly deeds: readonly FoundDeed[];
  /** Lines that touch `reveal`. */
  readonly reveals: readonly number[];
  readonly hasDefaultExport: boolean;
  /** The comment the file opens with, `null` without one. */
  readonly opening: string | null;
}

export function readSource(path: string, text: string): SourceFile {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const lineOf = (node: ts.Node) => tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
  const imports: Import[] = [];
  const deeds: FoundDeed[] = [];
  const reveals: number[] = [];
  let hasDefaultExport = false;

  const addImport = (node: ts.Node, specifier: string, isTypeOnly: boolean, names: readonly string[]) =>
    imports.push({ specifier, target: resolve(path, specifier), isTypeOnly, names, line: lineOf(node) });

  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      const { isTypeOnly, names } = clauseOf(node.importClause);
      addImport(node, node.moduleSpecifier.text, isTypeOnly, names);
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
      const elements = node.exportClause && ts.isNamedExports(node.exportClause) ? node.exportClause.elements : null;
      const isTypeOnly = node.isTypeOnly || (elements?.every((element) => element.isTypeOnly) ?? false);
      addImport(node, node.moduleSpecifier.text, isTypeOnly, elements?.map(nameTaken) ?? ['*']);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      if (ts.isStringLiteral(node.argument.literal)) addImport(node, node.argument.literal.text, true, ['*']);
    } else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      const { expression } = node.moduleReference;
      if (ts.isStringLiteral(expression)) addImport(node, expression.text, node.isTypeOnly, ['*']);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments;
      if (argument && ts.isStringLiteralLike(argument)) addImport(node, argument.text, false, ['*']);
      else deeds.push({ deed: 'imports by a computed name', line: lineOf(node) });
    } else if (ts.isExportAssignment(node) && !node.isExportEquals) {
      hasDefaultExport = true;
    } else if (ts.isExportSpecifier(node) && node.name.text === 'default') {
      hasDefaultExport = true;
    }
    if (ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((m) => m.kind === ts.SyntaxKind.DefaultKeyword)) {
      hasDefaultExport = true;
    }
    for (const deed of deedsOf(node)) deeds.push({ deed, line: lineOf(node) });
    if (touchesReveal(node)) reveals.push(lineOf(node));
    ts.forEachChild(node, visit);
  };
  visit(tree);
  for (const taken of imports) {
    if (isRandom(taken)) deeds.push({ deed: 'draws random numbers', line: taken.line });
  }
  return {
    path,
    text,
    isTest: path.endsWith('.test.ts'),
    imports,
    deeds,
    reveals,
    hasDefaultExport,
    opening: /^(?:#![^\n]*\n)?\/\*\*([\s\S]*?)\*\//.exec(text)?.[1] ?? null,
  };
}

const nameTaken = (element: ts.ImportSpecifier | ts.ExportSpecifier) => (element.propertyName ?? element.name).text;

function clauseOf(clause: ts.ImportClause | undefined): { isTypeOnly: boolean; names: string[] } {
  if (clause === undefined) return { isTypeOnly: false, names: [] };
  const bindings = clause.namedBindings;
  const elements = bindings && ts.isNamedImports(bindings) ? [...bindings.elements] : [];
  const isWhole = clause.name !== undefined || (bindings !== undefined && ts.isNamespaceImport(bindings));
  return {
    isTypeOnly: clause.isTypeOnly || (!isWhole && elements.length > 0 && elements.every((e) => e.isTypeOnly)),
    names: [...(isWhole ? ['*'] : []), ...elements.map(nameTaken)],
  };
}

/** NodeNext: a relative specifier names the file that will be there after the build. */
function resolve(from: string, specifier: string): string | null {
  if (!specifier.startsWith('.') && !specifier.startsWith('/')) return null;
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
}

const randomNames =
  /^(random(Bytes|UUID|Int|Fill|FillSync)|getRandomValues|pseudoRandomBytes|generateKey(Sync|Pair|PairSync)?|generatePrime(Sync)?)$/;

function isRandom({ specifier, isTypeOnly, names }: Import): boolean {
  if (isTypeOnly || !/^(node:)?crypto$/.test(specifier)) return false;
  return names.some((name) => name === '*' || randomNames.test(name));
}

/** Objects of the language and of Node through which the same deeds can be done without an import. */
function* deedsOf(node: ts.Node): Generator<Deed> {
  if (ts.isIdentifier(node) && isValue(node)) {
    const used = memberUsed(node);
    const { parent } = node;
    if (node.text === 'process' && (used === null || used === 'env')) yield 'reads the environment';
    if (node.text === 'process' && used === 'getBuiltinModule') yield 'imports by a computed name';
    if (node.text === 'Date') {
      const isBuiltFromNumbers = ts.isNewExpression(parent) && (parent.arguments?.length ?? 0) > 0;
      const isPure = isBuiltFromNumbers || isInstanceTest(node) || used === 'parse' || used === 'UTC';
      if (!isPure) yield 'reads the wall clock';
    }
    if (node.text === 'performance' && used === 'timeOrigin') yield 'reads the wall clock';
    if (node.text === 'Math' && (used === null || used === 'random')) yield 'draws random numbers';
    if (node.text === 'crypto' || node.text === 'webcrypto') {
      if (used === null || randomNames.test(used)) yield 'draws random numbers';
    }
    if (node.text === 'console') yield 'writes to the console';
    if (node.text === 'fetch' || node.text === 'WebSocket' || node.text === 'EventSource') yield 'opens a socket';
    if (node.text === 'eval' || node.text === 'Function') {
      if (!isInstanceTest(node)) yield 'runs text as code';
    }
    if (node.text === 'require') yield 'imports by a computed name';
    if (node.text === 'globalThis' || node.text === 'global') yield* deedsOfGlobal(used);
  }
  const type = castTo(node);
  if (type !== null) {
    if (mentions(type, 'ScopedQuery')) yield 'makes a ScopedQuery';
    if (mentions(type, 'Principal')) yield 'makes a Principal';
  }
}

/** The global object hands out everything; naming the member tells what is meant. */
function* deedsOfGlobal(member: string | null): Generator<Deed> {
  if (member === null || member === 'process') yield 'reads the environment';
  if (member === 'Date') yield 'reads the wall clock';
  if (member === 'crypto' || member === 'Math') yield 'draws random numbers';
  if (member === 'console') yield 'writes to the console';
  if (member === 'fetch' || member === 'WebSocket') yield 'opens a socket';
  if (member === 'eval' || member === 'Function') yield 'runs text as code';
}

/** Whether a name is used as a value, and not as a name of a property, a parameter, a type or an import. */
function isValue(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isTypeNode(parent) || ts.isTypeElement(parent) || ts.isQualifiedName(parent)) return false;
  if (ts.isImportSpecifier(parent) || ts.isImportClause(parent) || ts.isExportSpecifier(parent)) return false;
  if (ts.isNamespaceImport(parent) || ts.isBindingElement(parent))
    return ts.isBindingElement(parent) && parent.initializer === node;
  if ('name' in parent && parent.name === node) return ts.isShorthandPropertyAssignment(parent);
  return true;
}

/** `x.name` and `x['name']` give the name; anything else gives `null`: the whole object goes somewhere. */
function memberUsed(node: ts.Identifier): string | null {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.expression === node) return parent.name.text;
  if (ts.isElementAccessExpression(parent) && parent.expression === node) {
    return ts.isStringLiteralLike(parent.argumentExpression) ? parent.argumentExpression.text : null;
  }
  return null;
}

function isInstanceTest(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    ts.isBinaryExpression(parent) &&
    parent.right === node &&
    parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword
  );
}

/** The type a node claims without proof: `x as T`, `<T>x`, or a guard `x is T`. */
function castTo(node: ts.Node): ts.TypeNode | null {
  if (ts.isAsExpression(node) || ts.isTypeAssertionExpression(node)) return node.type;
  if (ts.isTypePredicateNode(node)) return node.type ?? null;
  return null;
}

function mentions(type: ts.Node, name: string): boolean {
  if (ts.isIdentifier(type) && type.text === name) return true;
  return ts.forEachChild(type, (child) => mentions(child, name) || undefined) ?? false;
}

function touchesReveal(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return node.name.text === 'reveal';
  if (ts.isElementAccessExpression(node)) {
    return ts.isStringLiteralLike(node.argumentExpression) && node.argumentExpression.text === 'reveal';
  }
  if (ts.isBindingElement(node)) return (node.propertyName ?? node.name).getText() === 'reveal';
  return false;
}
