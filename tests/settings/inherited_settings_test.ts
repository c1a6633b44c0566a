import { inheritedIn, listenAddresses } from "../../src/settings/listen_addresses.ts";
import { bindAddress } from "../../src/settings/kinds/address.ts";
import { assertEquals } from "../assert.ts";
import { refusal, resolve } from "./resolving.ts";

const machine = { cores: 2 };

Deno.test("bind takes the number of an inherited socket, beside addresses", () => {
  const { settings } = resolve({ args: ["-b", "fd://3", "-b", ":80", "-b", "fd://12", "-w", "4"] });
  assertEquals(inheritedIn(settings), [3, 12]);
  assertEquals(listenAddresses(settings), [{ hostname: "0.0.0.0", port: 80 }]);
  assertEquals(settings.bind.map(bindAddress.show), ["fd://3", "0.0.0.0:80", "fd://12"]);
  for (const text of ["fd://", "fd://-1", "fd://x", "fd://9999999999", "http://fd://3"]) {
    assertEquals(bindAddress.parse(text, machine), undefined, text);
  }
});

Deno.test("the same socket cannot be given twice", () => {
  assertEquals(
    refusal({ args: ["-b", "fd://3", "-b", "fd://03"] }),
    'setting-invalid: bind: "fd://3" (command line --bind) is given twice: give each socket once',
  );
});

Deno.test("the standard streams are no sockets to inherit", () => {
  for (const number of ["0", "1", "2", "002"]) {
    assertEquals(
      refusal({ args: ["-b", `fd://${number}`] }),
      `setting-invalid: bind: "fd://${number}" (command line --bind) is not accepted: 0, 1 and 2 are the standard ` +
        "streams: let the process that starts denicorn pass the socket as fd://3 or higher",
    );
  }
});

Deno.test("an inherited socket counts as one for TLS where there is a certificate, and only there", () => {
  const pair = ["--certfile", "a.pem", "--keyfile", "a.key"];
  const beside = ["-b", "fd://3", "-b", "http://127.0.0.1:9000"];
  assertEquals(inheritedIn(resolve({ args: [...beside, ...pair] }).settings), [3]);
  assertEquals(
    refusal({ args: ["-b", "fd://3", "--redirect-http", ":8080"] }).split(",", 1),
    ['setting-invalid: redirect-http: "0.0.0.0:8080" (command line --redirect-http) is not accepted without TLS'],
  );
});
