/** The flags of a descriptor, as fcntl(2) has them. */

import { libc } from "../../../src/system/libc.ts";
import { F_GETFD, F_GETFL, F_SETFD, F_SETFL, O_NONBLOCK } from "../../../src/system/linux_constants.ts";

export function fcntlFlags(descriptor: number) {
  const status = () => libc().fcntl(descriptor, F_GETFL, 0);
  return {
    get isBlocking() {
      return (status() & O_NONBLOCK) === 0;
    },
    get isInherited() {
      return libc().fcntl(descriptor, F_GETFD, 0) === 0;
    },
    /** As systemd passes one. */
    clear() {
      libc().fcntl(descriptor, F_SETFL, status() & ~O_NONBLOCK);
      libc().fcntl(descriptor, F_SETFD, 0);
    },
  };
}
