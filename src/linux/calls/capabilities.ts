/** Whether a text of `/proc/self/status` has a capability, by its number, in force. */
export function hasCapability(status: string, bit: number): boolean {
  const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return ((mask >> BigInt(bit)) & 1n) === 1n;
}
