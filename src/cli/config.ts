/** `latchkey config show|check`: what is configured, and from where. @module */
import { Command } from 'commander';
import { loadConfig, showConfig } from '../config/index.js';
import { table } from './output.js';
import { outputOf } from './session.js';

export function configCommand(): Command {
  const config = new Command('config').description('settings');
  config
    .command('show')
    .description('every setting with its value and where it came from; secrets are not shown')
    .addHelpText('after', '\nExample:\n  latchkey config show --json')
    .action((_options: unknown, command: Command) => {
      const shown = showConfig(loadConfig());
      outputOf(command).answer(
        { settings: shown },
        table(
          ['SETTING', 'FROM', { heading: 'VALUE', long: 'cut' }, 'VARIABLE'],
          shown.map((one) => [
            one.name,
            one.origin,
            one.value === null || one.value === '' ? '-' : String(one.value),
            one.variable,
          ]),
        ),
      );
    });
  config
    .command('check')
    .description('say whether the service would start with these settings; one line per fault')
    .addHelpText('after', '\nExample:\n  latchkey config check && systemctl restart latchkey')
    .action(async (_options: unknown, command: Command) => {
      const { targetRules } = await import('../app.js');
      targetRules(loadConfig().config);
      outputOf(command).answer({ ok: true }, ['The configuration is good.']);
    });
  return config;
}
