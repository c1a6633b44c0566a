/**
 * The first hour of three new users, who come from Gunicorn, from PM2 and from `deno serve`: what they type out of habit, what
 * they read in answer, and how long each step takes. Fails if an answer is not the one that is promised, or a request is lost.
 */

import { Hour } from "./support/hour.ts";
import { binary } from "./support/program.ts";

const [program = ""] = binary;
const app = (word: string) => `export default { fetch: () => new Response("${word}\\n") };\n`;
const broken = "export default { fetch: () => new Response(;\n";
const log = "cat server.log";
const answer = "curl -s http://127.0.0.1:$PORT/";

async function fromGunicorn(): Promise<void> {
  await using hour = new Hour("Gunicorn", program);
  await hour.run("denicorn --version", /^denicorn \d/);
  await hour.run("denicorn -w 4 -b :$PORT app:app", /cannot find the app: app: .*give the file/);
  await hour.run("denicorn -k gevent main.ts", /worker-class/);
  await hour.run("denicorn init shop", /Next: cd shop/);
  hour.enter("shop");
  await hour.run("denicorn check", /settings and app are good/);
  await hour.serve("denicorn -w 2 -b 127.0.0.1:$PORT --access-logfile access.log --pid shop.pid");
  await hour.run(answer, /Hello from Denicorn!/);
  hour.write("main.ts", app("two"));
  await hour.changeUnderLoad("kill -HUP $(cat shop.pid)", log, /2 workers of generation 2 ready/);
  await hour.run(answer, /two/);
  hour.write("main.ts", broken);
  await hour.changeUnderLoad("kill -HUP $(cat shop.pid)", log, /reload failed.*main\.ts:1:/);
  await hour.run(answer, /two/);
  hour.write("main.ts", app("three"));
  await hour.changeUnderLoad("kill -HUP $(cat shop.pid)", log, /2 workers of generation [34] ready/);
  await hour.run(answer, /three/);
  await hour.change("kill -TTIN $(cat shop.pid)", "denicorn status", /of 3 workers ready/);
  await hour.change(
    "mv access.log access.log.1; kill -USR1 $(cat shop.pid)",
    `${answer}; cat access.log`,
    /GET/,
  );
  await hour.changeUnderLoad(
    "old=$(cat shop.pid); kill -USR2 $old; echo $old >old",
    "cmp shop.pid old",
    /differ/,
  );
  await hour.until(log, /the upgrade is complete/);
  await hour.run("denicorn doctor", /steering/);
  await hour.change("kill $(cat shop.pid)", "ls shop.pid", /No such file/);
}

async function fromPm2(): Promise<void> {
  await using hour = new Hour("PM2", program);
  hour.write("server.js", app("one"));
  await hour.run("denicorn start server.js -i max", /run `denicorn server\.js`/);
  await hour.run("denicorn server.js -i max", /-w auto/);
  await hour.serve("denicorn server.js -w 2 --port $PORT");
  await hour.run("denicorn ls", /denicorn list/);
  await hour.run("denicorn list", /server\.js/);
  await hour.run("denicorn logs", /--error-logfile/);
  await hour.run("denicorn monit", /denicorn top/);
  hour.write("server.js", app("two"));
  await hour.changeUnderLoad("denicorn reload --wait", answer, /two/);
  await hour.change("denicorn ctl scale 3 --wait", "denicorn status", /3 of 3 workers ready/);
  await hour.change(
    "kill -9 $(sed -n 's/.*gen=2 pid=\\([0-9]*\\).*/\\1/p' server.log | tail -1)",
    log,
    /SIGKILL/,
  );
  await hour.until("denicorn status", /3 of 3 workers ready/);
  await hour.stop();
}

async function fromDenoServe(): Promise<void> {
  await using hour = new Hour("deno serve", program);
  hour.write("main.ts", app("one"));
  hour.write("2.txt", app("two"));
  hour.write("3.txt", broken);
  hour.write("4.txt", app("four"));
  await hour.run("denicorn --parallel main.ts", /-w auto/);
  await hour.run("denicorn -A main.ts", /all permissions/);
  await hour.serve("denicorn --watch -w 1 --port $PORT main.ts");
  await hour.run(answer, /one/);
  await hour.changeUnderLoad("cp 2.txt main.ts", answer, /two/);
  await hour.changeUnderLoad("cp 3.txt main.ts", log, /main\.ts:1:/);
  await hour.run(answer, /two/);
  await hour.changeUnderLoad("cp 4.txt main.ts", answer, /four/);
  await hour.run("denicorn types > denicorn.d.ts; grep -c . denicorn.d.ts", /\d\d/);
  await hour.run("denicorn doctor main.ts", /app .*main\.ts/);
  await hour.stop();
}

await fromGunicorn();
await fromPm2();
await fromDenoServe();
