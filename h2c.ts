import { connect } from "node:http2";
const port=Deno.args[0];
for (let i=0;i<3;i++) {
const client = Deno.createHttpClient({ http1:false, http2:true });
let left=60;
try { const r = await fetch(`http://127.0.0.1:${port}/early`, {client, method:"POST", body:new ReadableStream({pull(c){ if(left--) c.enqueue(new Uint8Array(50000)); else c.close(); }})}); console.log("fetch", r.status, await r.text(), left); } catch(e) { console.log("fetch", e.message, e.cause?.message); }
client.close();
}
