/** `latchkey openapi`: the document of the API, for whoever generates a client or reads it elsewhere. @module */
import { Command } from 'commander';
import { writeNewFile } from './new-file.js';
import { writePieces } from './output.js';
import { outputOf } from './session.js';

export function openapiCommand(): Command {
  return new Command('openapi')
    .description('the OpenAPI document of this version, as GET /openapi.json answers it')
    .option('--out <file>', 'the file to make; absent: standard output')
    .option('--force', 'replace a file of that name')
    .addHelpText('after', '\nExample:\n  latchkey openapi --out openapi.json')
    .action(async ({ out, force = false }: { out?: string; force?: boolean }, command: Command) => {
      const { describeApi } = await import('../app.js');
      const text = `${JSON.stringify(await describeApi(), null, 2)}\n`;
      if (out === undefined) {
        await writePieces(piecesOf(text));
        return;
      }
      const file = await writeNewFile(out, piecesOf(text), force);
      outputOf(command).answer({ file, bytes: Buffer.byteLength(text) }, [`Written to ${file}.`]);
    });
}

async function* piecesOf(text: string): AsyncGenerator<string> {
  yield text;
}
