/** The strata command. bin/strata starts main.ts; this is for those who run or describe it from code. */
export { type CliIo, type OutputStream, processIo, type Tools } from './io.js';
export { renderCommandsMarkdown } from './render-markdown.js';
export { runCli } from './run.js';
