import { listenAddresses, socketPaths, socketsAt } from "../../src/settings/listen_addresses.ts";
import { bindAddress } from "../../src/settings/kinds/address.ts";
import { owner } from "../../src/settings/kinds/text.ts";
import { assertEquals } from "../assert.ts";
import { refusal, resolve } from "./resolving.ts";

const machine = { cores: 2 };

Deno.test("bind takes the path of a Unix socket as it is, beside addresses", () => {
  const { settings } = resolve({ args: ["-b", "unix:/run/a b.sock", "-b", ":80", "-b", "unix:app.sock"] });
  assertEquals(socketPaths(settings), ["/run/a b.sock", "app.sock"]);
  assertEquals(listenAddresses(settings), [{ hostname: "0.0.0.0", port: 80 }]);
  assertEquals(settings.bind.map(bindAddress.show), ["unix:/run/a b.sock", "0.0.0.0:80", "unix:app.sock"]);
  assertEquals(["unix:", "unix:a\0b"].map((text) => bindAddress.parse(text, machine)), [
    undefined,
    undefined,
  ]);
});

Deno.test("a path with {slot} stands for as many sockets as there are workers", () => {
  assertEquals(socketsAt("/run/app-{slot}.sock", 3), [
    "/run/app-0.sock",
    "/run/app-1.sock",
    "/run/app-2.sock",
  ]);
  assertEquals(socketsAt("/run/app.sock", 3), ["/run/app.sock"]);
});

Deno.test("an owner is a user, a group or both", () => {
  const read = (text: string) => owner.parse(text, machine);
  for (const text of ["app", "app:www-data", ":www-data", "1000:33", ":33"]) assertEquals(read(text), text);
  for (const text of ["", ":", "app:", "a:b:c", "a b", ":a b"]) assertEquals(read(text), undefined);
});

const refused: readonly (readonly [readonly string[], string])[] = [
  [
    ["-b", "unix:@app"],
    'bind: "unix:@app" (command line --bind) is not accepted, because an abstract name has no file whose mode says who ' +
    "may connect: give a path, such as unix:/run/app.sock",
  ],
  [
    ["-b", `unix:/${"é".repeat(54)}`],
    `bind: "unix:/${
      "é".repeat(54)
    }" (command line --bind) is not accepted, because its path has 109 bytes and Linux ` +
    "takes 107: give a shorter one",
  ],
  [
    ["-b", "unix:app.sock", "-b", "unix:app.sock"],
    'bind: "unix:app.sock" (command line --bind) is given twice: give each address once',
  ],
  [
    ["--unix-socket-mode", "600"],
    'unix-socket-mode: "600" (command line --unix-socket-mode) is not accepted without a Unix socket: give a bind of ' +
    "unix:PATH as well, or leave unix-socket-mode out",
  ],
];

Deno.test("what cannot be used is refused with the reason", () => {
  for (const [args, message] of refused) assertEquals(refusal({ args }), `setting-invalid: ${message}`);
});
