export { crowdsecPanel, type PanelHandler } from './panel.js';
export type { Authorize, PanelOptions, PanelRequest } from './options.js';
export type { LapiState } from './lapi-state.js';
export type { Sample } from './samples.js';
export type { LoggedDetection, PanelState } from './state.js';
