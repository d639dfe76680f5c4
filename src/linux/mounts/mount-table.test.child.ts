/** Prints how many lower directories the overlay has that is mounted at its argument. */
import { mountTable } from './mount-table.js';

const deep = mountTable().find(({ point }) => point === process.argv[2]);
process.stdout.write(`${deep?.options.filter((option) => option.startsWith('lowerdir')).length}\n`);
