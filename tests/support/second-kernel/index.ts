/** A second kernel for tests: see `SecondKernel`. */
export { bootOnce, chooseKernel } from './choice.js';
export { type DiskFormat, makeDisk } from './disk.js';
export { type InsideOptions, SecondKernel, type SecondKernelOptions } from './kernel.js';
export { firstThatBoots, type KernelSource } from './kernels.js';
export { bootStandard, disks } from './standard.js';
export { type InsideOutcome, type InsideRun, runTestFiles } from './test-files.js';
