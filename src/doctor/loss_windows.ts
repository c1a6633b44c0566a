/** Moments in which requests may be lost, as several checks or none of them name them. */

/** No setting of a host closes this one. */
export const alwaysOpen =
  "when a worker is killed (SIGKILL, --timeout, out of memory) or crashes: the requests it is answering";

/** Of all that steering needs: with any of it missing the master leaves it be. */
export const queueOfClosing =
  "when a worker ends in a reload or when scaling down: the connections that wait in its accept queue";
