/** The code of a thread that unpacks. */
import { isStopped, takeRequests, toPlainError } from '../../base/index.js';
import { type UnpackedBlob, type UnpackRequest, unpack } from './unpack-tasks.js';

takeRequests<UnpackRequest, UnpackedBlob>(({ id, input, stop }, reply) => {
  unpack(input, () => isStopped(stop)).then(
    (output) => reply({ id, output }),
    (error: unknown) => reply({ id, error: toPlainError(error) }),
  );
});
