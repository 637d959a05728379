export { ConfigError } from './config-error.js';
export { CONFIG_FILES } from './config-file.js';
export { loadCrowdsecConfig, loadCrowdsecOptions, type LoadedConfig, type LoadOptions } from './load-options.js';
export { CONFIG_VARIABLE, VARIABLES, type Variable, type VariableKind } from './variables.js';
