/** How a worker serves on each of its addresses, apart from what belongs to one of them. */

import { inRanges } from "../../core/http/ip_ranges.ts";
import type { WorkerConfig } from "../../protocol/messages.ts";
import type { ProxyProtocol, ServeOptions, SharedServeOptions } from "../../system/system.ts";

interface Reports {
  readonly onError: ServeOptions["onError"];
  readonly onProxyRefused: ProxyProtocol["onRefused"];
}

export function serveOptions(
  { compress, proxyProtocol, forwardedAllowIps }: Pick<
    WorkerConfig,
    "compress" | "proxyProtocol" | "forwardedAllowIps"
  >,
  { onError, onProxyRefused }: Reports,
): SharedServeOptions {
  const options = { isCompressing: compress === true, onError };
  return proxyProtocol === true
    ? { ...options, proxyProtocol: { isTrusted: inRanges(forwardedAllowIps), onRefused: onProxyRefused } }
    : options;
}
