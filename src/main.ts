#!/usr/bin/env node
/** Process entry: arguments in, exit code out. @module */
import { readFileSync } from 'node:fs';
import { createProgram, run } from './cli/index.js';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

process.exitCode = await run(createProgram(manifest.version), process.argv.slice(2));
