import { sha256 } from "../../core/sha256.ts";
import { script } from "./client_bundle.ts";
import { Shell } from "./shell.tsx";
import { style } from "./style.ts";

/** The dashboard: one page that contains its style and script, no data, and may load nothing else. */
export function createPage(): () => Response {
  const html = `<!doctype html>${<Shell style={style} script={script} />}`;
  const policy = [
    "default-src 'none'",
    `script-src ${sourceOf(script)}`,
    `style-src ${sourceOf(style)}`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": policy,
    "cache-control": "no-cache",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    vary: "accept",
  };
  return () => new Response(html, { headers });
}

/** The CSP source that allows only this text. */
function sourceOf(text: string): string {
  return `'sha256-${sha256(text).toBase64()}'`;
}
