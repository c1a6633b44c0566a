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
