/** @param {unknown} _ */
export async function runMicro(_) {
  return '';
}
