import type { Kind } from "./kind.ts";
import { text } from "./text.ts";

/** The address of an HTTP server; without a password, which would be shown. */
export const httpUrl: Kind<string, string> = text({
  accepts: "http://HOST:PORT or https://HOST:PORT, perhaps with a path, without a password and a query",
  placeholder: "URL",
  matches(given) {
    const url = URL.parse(given);
    if (url === null || !/^https?:\/\//i.test(given)) return false;
    return url.username === "" && url.password === "" && url.search === "" && url.hash === "";
  },
});
