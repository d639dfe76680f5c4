import type { Images } from '../../images/index.js';
import { type CallContext, completedCall, noContext } from '../../snapshots/index.js';

/** Images whose calls have a namespace. @param namespace Of calls that name none. */
export function embeddedImages(images: Images, namespace: string): Images {
  const complete = (call: CallContext = noContext) => completedCall(call, { namespace });
  return {
    import: (request, call) => images.import(request, complete(call)),
    list: (call) => images.list(complete(call)),
    inspect: (name, call) => images.inspect(name, complete(call)),
    remove: (name, call) => images.remove(name, complete(call)),
  };
}
