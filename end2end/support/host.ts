// Describes the machine that figures are measured on.

import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

import { MIB } from './samples';

/** Facts about the machine, by name. */
export function host(): Record<string, string> {
  return {
    date: `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    CPU: cpus()[0].model,
    cores: `${availableParallelism()}`,
    memory: `${(totalmem() / MIB / 1024).toFixed(1)} GiB`,
    kernel: `${type()} ${release()}`,
    'load before the run': loadavg()[0].toFixed(2),
  };
}
