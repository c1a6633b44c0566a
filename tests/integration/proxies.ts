/** nginx and HAProxy with the files of deploy/, where only addresses, paths and what a test names are replaced. */

import { freePort, type TestHost, until } from "./harness.ts";
import { TestAuthority } from "./test_authority.ts";

export type ProxyKind = "nginx" | "haproxy";

/** A text of a file, and what takes its place. */
export type Edit = readonly [text: string, replacement: string];

const deploy = new URL("../../deploy/", import.meta.url);

/** Replaces each text everywhere. Throws if one is not there: then the file has changed, and the test must, too. */
export function edited(file: string, edits: readonly Edit[]): string {
  return edits.reduce((text, [old, replacement]) => {
    if (!text.includes(old)) throw new Error(`cannot edit deploy/${file}: it does not contain ${old}`);
    return text.replaceAll(old, () => replacement);
  }, Deno.readTextFileSync(new URL(file, deploy)));
}

/** Why tests with it are skipped, or `null`. Debian has them where the PATH of ordinary users does not lead. */
export function lackingProxy(kind: ProxyKind): string | null {
  return programOf(kind) === undefined ? `${kind} is not on PATH` : null;
}

export function programOf(kind: ProxyKind): string | undefined {
  const folders = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/sbin"];
  return folders.map((folder) => `${folder}/${kind}`).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

/** Different ones that nothing listens on at the moment. */
export function freePorts(count: number): number[] {
  return Array.from({ length: count }, () => freePort());
}

export interface ProxyOptions {
  /** The port of Denicorn, its second one, and that of its admin address. */
  readonly server: number;
  readonly second: number;
  readonly admin: number;
  readonly edits?: readonly Edit[];
}

/** Retries off: what the proxy cannot get from the server at the first attempt is a failure that its client sees. */
export const retriesOff: Readonly<Record<ProxyKind, readonly Edit[]>> = {
  nginx: [["proxy_next_upstream error timeout http_502 http_503 http_504;", "proxy_next_upstream off;"]],
  haproxy: [["retries 6\n", "retries 0\n"], [
    "retry-on conn-failure empty-response 502 503 504",
    "retry-on none",
  ]],
};

/** A proxy that runs in the foreground in the private folder of a test. */
export class Proxy {
  readonly kind: ProxyKind;
  /** The certificate that its clients trust, as PEM. */
  readonly authority: string;
  readonly port: number;
  /** The address that only leads to that for TLS. */
  readonly plainPort: number;
  readonly #process: Deno.ChildProcess;
  readonly #ended: Promise<unknown>;
  #log = "";
  #hasEnded = false;

  private constructor(kind: ProxyKind, folder: string, authority: string, ports: Ports) {
    this.kind = kind;
    this.authority = authority;
    [this.port, this.plainPort] = ports;
    this.#process = new Deno.Command(programOf(kind)!, {
      args: kind === "nginx"
        ? ["-p", folder, "-e", "stderr", "-c", `${folder}/nginx.conf`]
        : ["-db", "-f", `${folder}/haproxy.cfg`],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const gather = async (stream: ReadableStream<Uint8Array>) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) this.#log += text;
    };
    this.#ended = Promise.all([
      gather(this.#process.stdout),
      gather(this.#process.stderr),
      this.#process.status.then(() => this.#hasEnded = true),
    ]);
  }

  static async start(kind: ProxyKind, host: TestHost, options: ProxyOptions): Promise<Proxy> {
    const { authority, ports, text } = prepareProxy(kind, host, options);
    host.write({ [fileOf(kind)]: text });
    const proxy = new Proxy(kind, host.folder, authority, ports);
    try {
      await until("the proxy answers", () => {
        if (proxy.#hasEnded) throw new Error(`the proxy has ended:\n${proxy.log}`);
        return proxy.#isReady();
      }, { explain: () => proxy.log });
    } catch (error) {
      await proxy.stop();
      throw error;
    }
    return proxy;
  }

  /** What it has printed: errors, and accesses. */
  get log(): string {
    return this.#log;
  }

  get url(): string {
    return `https://localhost:${this.port}`;
  }

  kill(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  async #isReady(): Promise<boolean> {
    using client = Deno.createHttpClient({ caCerts: [this.authority], poolMaxIdlePerHost: 0 });
    try {
      const response = await fetch(this.url, { client });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  }

  async stop(): Promise<void> {
    try {
      this.#process.kill("SIGTERM");
    } catch {
      // It has ended already.
    }
    await this.#ended;
  }
}

interface Prepared {
  readonly authority: string;
  readonly ports: Ports;
  /** The file of deploy/, edited. */
  readonly text: string;
}

export function fileOf(kind: ProxyKind): string {
  return kind === "nginx" ? "nginx.conf" : "haproxy.cfg";
}

/** Creates the certificate of a proxy in the private folder, and edits its file for that and for free ports. */
export function prepareProxy(kind: ProxyKind, host: TestHost, options: ProxyOptions): Prepared {
  const { folder } = host;
  const authority = new TestAuthority(folder);
  authority.issue("server", "localhost");
  // HAProxy reads certificate and key from one file.
  const both = ["pem", "key"].map((end) => Deno.readTextFileSync(`${folder}/server.${end}`)).join("");
  host.write({ "haproxy.pem": both });
  const ports = freePorts(2) as [number, number];
  const edits = kind === "nginx" ? nginxEdits(folder, ports, options) : haproxyEdits(folder, ports, options);
  return {
    authority: authority.certificate,
    ports,
    text: edited(fileOf(kind), [...options.edits ?? [], ...edits]),
  };
}

type Ports = readonly [secure: number, plain: number];

function nginxEdits(folder: string, [secure, plain]: Ports, { server, second, admin }: ProxyOptions): Edit[] {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  // As root, its workers would otherwise run as a user that cannot read the private folder.
  const user = Deno.uid() === 0 ? "user root;\n" : "";
  return [
    ["worker_processes auto;", `${user}daemon off;\nworker_processes 2;`],
    ["/run/nginx.pid", `${folder}/nginx.pid`],
    ["/var/log/nginx/error.log", "stderr"],
    ["/var/log/nginx/access.log", `${folder}/nginx.access.log`],
    ["/etc/nginx/tls/", `${folder}/`],
    [
      "server_tokens off;",
      ["server_tokens off;", ...temporary.map((name) => `${name}_temp_path ${folder}/${name};`)].join(
        "\n    ",
      ),
    ],
    ["listen 443 ", `listen 127.0.0.1:${secure} `],
    ["listen 80;", `listen 127.0.0.1:${plain};`],
    ["127.0.0.1:8000", `127.0.0.1:${server}`],
    ["127.0.0.1:8001", `127.0.0.1:${second}`],
    ["127.0.0.1:9000", `127.0.0.1:${admin}`],
  ];
}

function haproxyEdits(folder: string, [secure, plain]: Ports, { server, admin }: ProxyOptions): Edit[] {
  return [
    ["log /dev/log local0", "log stdout format raw local0"],
    ["/etc/haproxy/server.pem", `${folder}/haproxy.pem`],
    ["bind :443 ", `bind 127.0.0.1:${secure} `],
    ["bind :80\n", `bind 127.0.0.1:${plain}\n`],
    ["127.0.0.1:8000", `127.0.0.1:${server}`],
    ["check port 9000", `check port ${admin}`],
  ];
}
