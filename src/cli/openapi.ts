/** `latchkey openapi`: the document of the API, for whoever generates a client or reads it elsewhere. @module */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { CommandEnd, exitCodes, writePieces } from './output.js';
import { outputOf } from './session.js';

export function openapiCommand(): Command {
  return new Command('openapi')
    .description('the OpenAPI document of this version, as GET /openapi.json answers it')
    .option('--out <file>', 'write it there instead')
    .addHelpText('after', '\nExample:\n  latchkey openapi --out openapi.json')
    .action(async ({ out }: { out?: string }, command: Command) => {
      const { describeApi } = await import('../app.js');
      const text = `${JSON.stringify(await describeApi(), null, 2)}\n`;
      if (out === undefined) {
        await writePieces(piecesOf(text));
        return;
      }
      try {
        writeFileSync(out, text);
      } catch {
        throw new CommandEnd(exitCodes.wrongUse, 'The file cannot be written. Name another with --out.');
      }
      outputOf(command).answer({ file: out, bytes: Buffer.byteLength(text) }, [`Written to ${out}.`]);
    });
}

async function* piecesOf(text: string): AsyncGenerator<string> {
  yield text;
}
