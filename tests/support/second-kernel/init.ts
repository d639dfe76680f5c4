import path from 'node:path';
import { quote } from './quote.js';

/** What the first process of the second kernel is made of. */
export interface InitOptions {
  /** Writable from inside and from outside. */
  readonly share: string;
  /** For temporary files inside. */
  readonly temporary: string;
  /** Files of kernel modules, in the order of loading. */
  readonly modules: readonly string[];
}

/** The line that says that the kernel takes calls. */
export const readyLine = 'ready';

/**
 * The script that the second kernel runs as its first process. It reads the numbers of calls from its serial line, runs
 * the script of each, and answers with the number and the exit status. When the line is closed it ends, and the kernel
 * with it: no kernel outlives the process that booted it.
 *
 * The shell is not busybox: that starts its own commands through /proc/self/exe, and until /proc is mounted there is
 * only the outer kernel's, where this is the second kernel itself.
 *
 * There is no io_uring, where it can be had off: user-mode-linux 7.2 panics when a process that has one forks, as Node does from
 * 22 on.
 */
export function initScript({ share, temporary, modules }: InitOptions): string {
  return `#!/bin/sh
exec 2>/dev/console
set -e
export PATH=${quote(path.dirname(process.execPath))}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=${quote(temporary)} TMPDIR=${quote(temporary)}
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs ${quote(temporary)}
mount -t hostfs -o ${quote(share)} none ${quote(share)}
/bin/busybox ip link set lo up || true
if [ -e /proc/sys/kernel/io_uring_disabled ]; then echo 2 >/proc/sys/kernel/io_uring_disabled; fi
${modules.map((file) => `/bin/busybox insmod ${quote(file)}\n`).join('')}
stty -F /dev/ttyS0 raw -echo
exec </dev/ttyS0 >/dev/ttyS0
echo ${readyLine}
cd ${quote(temporary)}
while read -r call; do
  ( status=0; sh ${quote(share)}/$call.sh </dev/null >${quote(share)}/$call.out 2>${quote(share)}/$call.err || status=$?
    echo "$call $status" ) &
done
`;
}
