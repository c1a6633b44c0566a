/** Combinations of addresses, certificates and what speaks for clients. */

import { DenicornError } from "../../core/errors.ts";
import { formatAddress } from "../../system/network/listen_error.ts";
import { bindAddress } from "../kinds/address.ts";
import { longestSocketPath } from "../kinds/text.ts";
import { inheritedIn, isEncrypted, listenAddresses, socketPaths, tcpOf } from "../listen_addresses.ts";
import { quote } from "../mistake.ts";
import { namedSettings } from "../settings.ts";
import type { Resolved } from "../values.ts";
import { keyBehind, nameOf } from "./setting_names.ts";

/** Throws DenicornError `setting-invalid`. */
export function checkAddresses(resolved: Resolved): void {
  refuseRepeatedBind(resolved);
  refuseChosenPort(resolved);
  refuseUnmatchedTls(resolved);
  refuseUnusableSockets(resolved);
  refuseRepeatedDescriptor(resolved);
  refuseProxyProtocol(resolved);
}

function refuseRepeatedBind({ settings, origins }: Resolved): void {
  // Port 0 may be repeated: each one becomes a different port.
  const addresses = listenAddresses(settings).filter(({ port }) => port !== 0);
  const texts = addresses.map(formatAddress);
  const repeated = addresses.find((_, index) => texts.indexOf(texts[index]!) !== index);
  if (repeated !== undefined) {
    const key = keyBehind(repeated);
    throw new DenicornError(
      "setting-invalid",
      `${nameOf(key)}: ${quote(formatAddress(repeated))} (${
        origins[key]
      }) is given twice: give each address once`,
    );
  }
}

/** With port 0 the system chooses a port, a different one for each worker. */
function refuseChosenPort({ settings, origins }: Resolved): void {
  const chosen = listenAddresses(settings).find(({ port }) => port === 0);
  // Autoscaling may start as many workers as there are cores.
  const [key, most] = settings.maxWorkers !== undefined
    ? ["maxWorkers", settings.maxWorkers] as const
    : settings.minWorkers !== undefined
    ? ["minWorkers", Infinity] as const
    : ["workers", settings.workers] as const;
  if (chosen !== undefined && most > 1) {
    throw new DenicornError(
      "setting-invalid",
      `${nameOf(keyBehind(chosen))}: ${quote(formatAddress(chosen))} (${
        origins[keyBehind(chosen)]
      }) is not accepted with ${nameOf(key)} = ${settings[key]} ` +
        `(${origins[key]}): give a port from 1 to 65535, or one worker`,
    );
  }
}

/** Where TLS is asked for, there must be what it needs, and the other way round. */
function refuseUnmatchedTls({ settings, origins }: Resolved): void {
  const { certfile, keyfile, redirectHttp } = settings;
  const bind = tcpOf(settings.bind);
  if (certfile.length !== keyfile.length) {
    const isMissing = keyfile.length < certfile.length;
    const [more, fewer] = isMissing ? ["certfile", "keyfile"] as const : ["keyfile", "certfile"] as const;
    const without = settings[more][settings[fewer].length]!;
    throw new DenicornError(
      "setting-invalid",
      `${more}: ${quote(without)} (${
        origins[more]
      }) is not accepted without its ${fewer}: give one ${fewer} for each ` +
        more,
    );
  }
  const secured = bind.find(({ scheme }) => scheme === "https");
  if (certfile.length === 0 && secured !== undefined) {
    throw new DenicornError(
      "setting-invalid",
      `bind: ${
        quote(bindAddress.show(secured))
      } (${origins.bind}) is not accepted without a certificate: give certfile ` +
        "and keyfile",
    );
  }
  const isServed = bind.some((address) => isEncrypted(address, settings)) ||
    inheritedIn(settings).length > 0;
  if (certfile.length > 0 && bind.length > 0 && !isServed) {
    throw new DenicornError(
      "setting-invalid",
      `certfile: ${
        quote(certfile[0]!)
      } (${origins.certfile}) is not accepted, because each address of bind ` +
        `(${origins.bind}) begins with http://: leave http:// out where TLS is wanted`,
    );
  }
  if (redirectHttp[0] !== undefined && settings.bind.length > 0 && certfile.length === 0) {
    throw new DenicornError(
      "setting-invalid",
      `redirect-http: ${
        quote(formatAddress(redirectHttp[0]))
      } (${origins.redirectHttp}) is not accepted without TLS, ` +
        "because it would lead nowhere: give certfile and keyfile as well",
    );
  }
}

/** Whether the file itself can be used is found out when it is. */
function refuseUnusableSockets({ settings, origins }: Resolved): void {
  const paths = socketPaths(settings);
  const refused = (path: string, why: string) =>
    new DenicornError("setting-invalid", `bind: ${quote(`unix:${path}`)} (${origins.bind}) ${why}`);
  for (const [index, path] of paths.entries()) {
    if (paths.indexOf(path) < index) throw refused(path, "is given twice: give each address once");
    if (path.startsWith("@")) {
      throw refused(
        path,
        "is not accepted, because an abstract name has no file whose mode says who may connect: give a path, such as " +
          "unix:/run/app.sock",
      );
    }
    const length = new TextEncoder().encode(path).length;
    if (length > longestSocketPath) {
      throw refused(
        path,
        `is not accepted, because its path has ${length} bytes and Linux takes ${longestSocketPath}: give a shorter one`,
      );
    }
  }
  if (paths.length === 0) refuseLoneSocketSettings({ settings, origins });
}

function refuseRepeatedDescriptor({ settings, origins }: Resolved): void {
  const descriptors = inheritedIn(settings);
  const repeated = descriptors.find((descriptor, index) => descriptors.indexOf(descriptor) < index);
  if (repeated === undefined) return;
  throw new DenicornError(
    "setting-invalid",
    `bind: ${quote(`fd://${repeated}`)} (${origins.bind}) is given twice: give each socket once`,
  );
}

/** Without a Unix socket they have no effect: it was probably forgotten. */
function refuseLoneSocketSettings({ settings, origins }: Resolved): void {
  const setting = namedSettings.find((setting) =>
    (setting.key === "unixSocketMode" || setting.key === "unixSocketOwner") &&
    settings[setting.key] !== setting.default
  );
  if (setting === undefined || settings.bind.length === 0) return;
  throw new DenicornError(
    "setting-invalid",
    `${setting.name}: ${quote(setting.show(settings[setting.key]))} (${
      origins[setting.key]
    }) is not accepted without ` +
      `a Unix socket: give a bind of unix:PATH as well, or leave ${setting.name} out`,
  );
}

/** The header comes before TLS, and the runtime begins with TLS; it compresses only what its own listeners accept. */
function refuseProxyProtocol({ settings, origins }: Resolved): void {
  if (settings.proxyProtocol !== true) return;
  const refused = (text: string) =>
    new DenicornError(
      "setting-invalid",
      `proxy-protocol: on (${origins.proxyProtocol}) is not accepted ${text}`,
    );
  const { certfile, compress, forwardedAllowIps } = settings;
  if (certfile.length > 0) {
    throw refused(`with certfile (${origins.certfile}): let the proxy end TLS, or leave proxy-protocol out`);
  }
  if (compress === true) {
    throw refused(
      `with compress = on (${origins.compress}): let the proxy compress, or leave proxy-protocol out`,
    );
  }
  if (forwardedAllowIps.length === 0) {
    throw refused(
      `without a proxy in forwarded-allow-ips (${origins.forwardedAllowIps}), because every connection would be closed: ` +
        "give the addresses of the proxies",
    );
  }
}
