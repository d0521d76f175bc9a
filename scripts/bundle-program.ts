/**
 * Puts the program into a few files under `dist/program/`, and `dist/main.js` in front of them: finding and reading
 * fifteen hundred small ones is half of the time of a start. Names stay as they are written, so that a stack still tells
 * who called whom, and the maps beside the files tell where that is (`node --enable-source-maps`). Packages made of
 * hundreds of files go in, with their licences; every other one is found in `node_modules` as ever. Threads and the
 * client stay where the compiler put them.
 *
 * @module
 */
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const pathOf = (place: string) => fileURLToPath(new URL(`../${place}`, import.meta.url));
const folder = pathOf('dist/program');
/** Each depends on nothing: what a package finds in `node_modules` of its own is not to be found from here. */
const included = ['jose', 'kysely', 'typebox'];

/** Whatever a module finds beside itself, a thread or a file, is found where the compiler would have put the module. */
const ownPlaces: Plugin = {
  name: 'own-places',
  setup({ onLoad, onResolve }) {
    const [sources, compiled] = [pathOf('src/'), pathOf('dist/')];
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const place = relative(folder, path.replace(sources, compiled)).replaceAll(sep, '/').replace(/\.ts$/, '.js');
      const text = await readFile(path, 'utf8');
      const url = `new URL(${JSON.stringify(place)}, import.meta.url).href`;
      return { contents: text.replaceAll('import.meta.url', url), loader: 'ts' };
    });
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
      const isIncluded = included.some((name) => path === name || path.startsWith(`${name}/`));
      return isIncluded || kind === 'entry-point' ? undefined : { external: true };
    });
  },
};

rmSync(folder, { recursive: true, force: true });
await build({
  entryPoints: [pathOf('src/main.ts')],
  outdir: folder,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
  plugins: [ownPlaces],
});

const notices = included.map((name) => {
  const home = pathOf(`node_modules/${name}/`);
  const { version, dependencies = {} } = JSON.parse(readFileSync(`${home}package.json`, 'utf8')) as Manifest;
  if (Object.keys(dependencies).length > 0) throw new Error(`${name} depends on other packages`);
  const licence = readdirSync(home).find((file) => /^licen[cs]e(\.|$)/i.test(file));
  if (licence === undefined) throw new Error(`${name} has no licence to pass on`);
  return `Parts of ${name} ${version} are in these files:\n\n${readFileSync(home + licence, 'utf8').trim()}\n`;
});
writeFileSync(`${folder}/NOTICE`, notices.join('\n\n'));

const entry = pathOf('dist/main.js');
writeFileSync(entry, "#!/usr/bin/env node\nimport './program/main.js';\n");
chmodSync(entry, 0o755);
