/* Loads a module of src/lib as the page has it: Vite turns the TypeScript into JavaScript. */
import { runnerImport } from 'vite';

export const lib = async (name) => (await runnerImport(`/src/lib/${name}.ts`, { root: new URL('..', import.meta.url).pathname, configFile: false, logLevel: 'error' })).module;
