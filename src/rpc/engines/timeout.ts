/** Milliseconds per unit of a gRPC timeout. */
const units: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** Timers of Node cannot wait longer, in milliseconds. */
export const longestTimer = 2 ** 31 - 1;

/**
 * The milliseconds that a `grpc-timeout` header gives; undefined when it is malformed
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).
 */
export function parseTimeout(header: string): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(header) ?? [];
  const factor = units[unit];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}
