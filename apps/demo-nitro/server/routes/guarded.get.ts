/** Guarded by the plugin, and once more by `middleware/guarded.ts`. */
export { default } from './whoami.get';
