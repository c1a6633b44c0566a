/** Combinations of settings that are refused although each value is accepted. */

import { DenicornError } from "../core/errors.ts";
import { formatAddress } from "../system/network/listen_error.ts";
import type { ListenAddress } from "../system/system.ts";
import { bindAddress, isLoopback } from "./kinds/address.ts";
import { staticFolder } from "./kinds/static_folder.ts";
import { isEncrypted, listenAddresses, socketPaths, tcpOf } from "./listen_addresses.ts";
import { longestSocketPath } from "./kinds/text.ts";
import { quote } from "./mistake.ts";
import { fromDefault } from "./values.ts";
import type { Resolved } from "./values.ts";
import { namedSettings, type SettingKey } from "./settings.ts";

/** Throws DenicornError `setting-invalid`. */
export function checkTogether(resolved: Resolved): void {
  refuseRepeatedBind(resolved);
  refuseFixedRange(resolved);
  refuseEmptyRanges(resolved);
  refuseChosenPort(resolved);
  refuseLoneJitter(resolved);
  refuseLoneQueue(resolved);
  refuseOpenAdmin(resolved);
  refuseSharedFile(resolved);
  refuseSparesWithoutSteering(resolved);
  refuseUnmatchedTls(resolved);
  refuseRepeatedStatic(resolved);
  refuseUnusableSockets(resolved);
  refuseProxyProtocol(resolved);
}

/** Which of two folders has a file would be a matter of their order. */
function refuseRepeatedStatic({ settings, origins }: Resolved): void {
  const paths = settings.static.map(({ path }) => path);
  const repeated = settings.static.find(({ path }, index) => paths.indexOf(path) !== index);
  if (repeated === undefined) return;
  throw new DenicornError(
    "setting-invalid",
    `static: ${quote(staticFolder.show(repeated))} (${origins.static}) is not accepted, because ${
      repeated.path || "/"
    } has a folder already: give one folder for each path`,
  );
}

/** A pidfile and a control socket take the place of what is there; logs may be one file. */
const replaced = ["pid", "controlSocket"] as const;
const named = [...replaced, "errorLogfile", "accessLogfile", "adminTokenFile", "config", "app"] as const;
const namedMany = ["certfile", "keyfile"] as const;

function refuseSharedFile({ settings, origins }: Resolved): void {
  for (const key of replaced) {
    const path = settings[key];
    const other = named.find((other) => other !== key && settings[other] === path) ??
      namedMany.find((other) => typeof path === "string" && settings[other].includes(path));
    if (typeof path !== "string" || other === undefined) continue;
    throw new DenicornError(
      "setting-invalid",
      `${nameOf(key)}: ${quote(path)} (${origins[key]}) is not accepted: ${nameOf(other)} (${
        origins[other]
      }) names the ` +
        "same file: give another one",
    );
  }
}

/** The kernel would send them connections like any other worker. */
function refuseSparesWithoutSteering({ settings, origins }: Resolved): void {
  if (settings.spareWorkers === 0 || settings.steering !== "off") return;
  throw new DenicornError(
    "setting-invalid",
    `spare-workers: ${settings.spareWorkers} (${origins.spareWorkers}) is not accepted with steering = off ` +
      `(${origins.steering}), because spares would get connections like any worker: give more workers instead`,
  );
}

function refuseFixedRange({ settings, origins }: Resolved): void {
  const bound = settings.maxWorkers === undefined ? "minWorkers" : "maxWorkers";
  if (settings[bound] === undefined || origins.workers === fromDefault) return;
  throw new DenicornError(
    "setting-invalid",
    `workers: ${settings.workers} (${origins.workers}) is not accepted with ${nameOf(bound)} = ${
      settings[bound]
    } (${origins[bound]}): give a fixed number, or min-workers and max-workers`,
  );
}

function refuseEmptyRanges({ settings, origins }: Resolved): void {
  const { minWorkers, maxWorkers, scaleDownBusy, scaleUpBusy } = settings;
  if (minWorkers !== undefined && maxWorkers !== undefined && minWorkers > maxWorkers) {
    throw new DenicornError(
      "setting-invalid",
      `min-workers: ${minWorkers} (${origins.minWorkers}) is not accepted with max-workers = ${maxWorkers} ` +
        `(${origins.maxWorkers}): give at most ${maxWorkers}`,
    );
  }
  if (scaleDownBusy >= scaleUpBusy) {
    throw new DenicornError(
      "setting-invalid",
      `scale-down-busy: ${scaleDownBusy}% (${origins.scaleDownBusy}) is not accepted with scale-up-busy = ` +
        `${scaleUpBusy}% (${origins.scaleUpBusy}): give less than ${scaleUpBusy}%`,
    );
  }
}

function nameOf(wanted: SettingKey): string {
  return namedSettings.find(({ key }) => key === wanted)!.name;
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

function keyBehind({ scheme }: ListenAddress): "bind" | "redirectHttp" {
  return scheme === "redirect" ? "redirectHttp" : "bind";
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
  const isServed = bind.some((address) => isEncrypted(address, settings));
  if (certfile.length > 0 && bind.length > 0 && !isServed) {
    throw new DenicornError(
      "setting-invalid",
      `certfile: ${
        quote(certfile[0]!)
      } (${origins.certfile}) is not accepted, because each address of bind ` +
        `(${origins.bind}) begins with http://: leave http:// out where TLS is wanted`,
    );
  }
  if (redirectHttp[0] !== undefined && bind.length > 0 && !isServed) {
    throw new DenicornError(
      "setting-invalid",
      `redirect-http: ${
        quote(formatAddress(redirectHttp[0]))
      } (${origins.redirectHttp}) is not accepted without TLS, ` +
        "because it would lead nowhere: give certfile and keyfile as well",
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

const jitters = [
  ["maxRequestsJitter", "maxRequests"],
  ["maxLifetimeJitter", "maxLifetime"],
  ["maxMemoryJitter", "maxMemory"],
] as const;

/** Jitter of a limit that is off has no effect: the limit was probably forgotten. */
function refuseLoneJitter({ settings, origins }: Resolved): void {
  for (const [key, limitKey] of jitters) {
    if (settings[key] === 0 || settings[limitKey] > 0) continue;
    const [jitter, limit] = [key, limitKey].map((key) =>
      namedSettings.find((setting) => setting.key === key)!
    );
    throw new DenicornError(
      "setting-invalid",
      `${jitter!.name}: ${quote(jitter!.show(settings[key]))} (${origins[key]}) is not accepted without ` +
        `${limit!.name}: give ${limit!.name} as well, or leave ${jitter!.name} out`,
    );
  }
}

/** Without a limit nothing waits. */
function refuseLoneQueue({ settings, origins }: Resolved): void {
  if (settings.limitConcurrency > 0) return;
  // A config file may name every default.
  const setting = namedSettings.find((setting) =>
    (setting.key === "queueSize" || setting.key === "queueTimeout") &&
    settings[setting.key] !== setting.default
  );
  if (setting === undefined) return;
  throw new DenicornError(
    "setting-invalid",
    `${setting.name}: ${quote(setting.show(settings[setting.key]))} (${
      origins[setting.key]
    }) is not accepted without ` +
      `limit-concurrency: give limit-concurrency as well, or leave ${setting.name} out`,
  );
}

/** Every client that can reach the admin address could read everything there. */
function refuseOpenAdmin({ settings, origins }: Resolved): void {
  const { adminBind, adminToken, adminTokenFile } = settings;
  if (adminToken !== undefined && adminTokenFile !== undefined) {
    throw new DenicornError(
      "setting-invalid",
      `admin-token-file: ${
        quote(adminTokenFile)
      } (${origins.adminTokenFile}) is not accepted together with admin-token ` +
        `(${origins.adminToken}): give one of them`,
    );
  }
  if (adminBind === undefined) return;
  const shown = `admin-bind: ${quote(formatAddress(adminBind))} (${origins.adminBind})`;
  const user = listenAddresses(settings).find((address) =>
    adminBind.port !== 0 && formatAddress(address) === formatAddress(adminBind)
  );
  if (user !== undefined) {
    const key = keyBehind(user);
    throw new DenicornError(
      "setting-invalid",
      `${shown} is not accepted: ${nameOf(key)} (${origins[key]}) uses it already: give another port`,
    );
  }
  if (isLoopback(adminBind) || adminToken !== undefined || adminTokenFile !== undefined) return;
  throw new DenicornError(
    "setting-invalid",
    `${shown} is not accepted without a token, because other machines can reach it: give ` +
      "admin-token-file or DENICORN_ADMIN_TOKEN, or an address of 127.0.0.1",
  );
}
