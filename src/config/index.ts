/** The door of config: one frozen object, made once at start. @module */
export { readVariable } from './environment.js';
export {
  ConfigError,
  configFileName,
  hasCommandSecret,
  type LoadedConfig,
  loadConfig,
  presentSettings,
  showConfig,
  takeCommandSecret,
} from './load.js';
export { type Config, settings } from './schema.js';
export { environmentName } from './setting.js';
export { terminalWishes } from './terminal-wishes.js';
