/** The door of config: one frozen object, made once at start. @module */
export {
  ConfigError,
  configFileName,
  type LoadedConfig,
  loadConfig,
  type SettingOrigin,
  showConfig,
  takeCommandSecret,
} from './load.js';
export { type Config, settings } from './schema.js';
export { environmentName, type Setting } from './setting.js';
