/** For the environment of npm and tsc, which otherwise leave what they have compiled in the temporary folder. */
export const noCompileCache = { NODE_DISABLE_COMPILE_CACHE: '1' } as const;
