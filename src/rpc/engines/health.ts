import { EventEmitter, once } from 'node:events';
import { wireHealth } from '../proto/index.js';
import { defineService, type GrpcService } from './service.js';
import { StatusError } from './status.js';

type ServingStatus = wireHealth.HealthCheckResponse_ServingStatus;
const ServingStatus = wireHealth.HealthCheckResponse_ServingStatus;

/** Whether the services can be used: all of them, or none. */
export class Health {
  readonly #names: ReadonlySet<string>;
  readonly #changes = new EventEmitter<{ change: [] }>().setMaxListeners(0);
  #serving = true;

  /** @param services The full names of the services; the empty name, which means the whole, need not be given. */
  constructor(services: readonly string[]) {
    this.#names = new Set(['', ...services]);
  }

  /** How a service is; undefined when there is none of this name. */
  status(service: string): ServingStatus | undefined {
    if (!this.#names.has(service)) return undefined;
    return this.#serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  }

  /** How all services are, by name. */
  statuses(): Map<string, ServingStatus> {
    return new Map([...this.#names].map((name) => [name, this.status(name) ?? ServingStatus.UNKNOWN]));
  }

  /** Reports that the services are about to stop, so that load balancers stop using them. */
  setNotServing(): void {
    this.#serving = false;
    this.#changes.emit('change');
  }

  /** Resolves at the next change. @throws AbortError when the signal is aborted before. */
  async changed(signal: AbortSignal | undefined): Promise<void> {
    await once(this.#changes, 'change', { signal });
  }
}

const notFoundCode = 5;

/** The service `grpc.health.v1.Health` (https://github.com/grpc/grpc/blob/master/doc/health-checking.md). */
export function healthService(health: Health): GrpcService {
  return defineService(
    wireHealth.HealthDefinition,
    {
      check: ({ service }) => {
        const status = health.status(service);
        // The words of grpc-go's server, which are containerd's.
        if (status === undefined) throw new StatusError({ code: notFoundCode, message: 'unknown service' });
        return { status };
      },
      list: () => ({ statuses: new Map([...health.statuses()].map(([name, status]) => [name, { status }])) }),
      watch: async function* ({ service }, { signal }) {
        for (;;) {
          yield { status: health.status(service) ?? ServingStatus.SERVICE_UNKNOWN };
          await health.changed(signal);
        }
      },
    },
    { endless: ['watch'] },
  );
}
