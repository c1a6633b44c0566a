import { deployTexts } from "../../scripts/deploy_texts.ts";
import { projectFiles, projectName, typesHint } from "../../src/cli/init/new_project.ts";
import { assert, assertEquals } from "../assert.ts";

Deno.test("init writes the texts of deploy/ with the name of the app, and what git ignores", () => {
  const file = new URL("../../src/cli/init/deploy_texts.ts", import.meta.url);
  assertEquals(Deno.readTextFileSync(file), deployTexts());
  const read = (path: string) => Deno.readTextFileSync(new URL(`../../deploy/${path}`, import.meta.url));
  const texts = new Map(projectFiles("shop").map(({ name, text }) => [name, text]));
  assertEquals(texts.get("shop.service"), read("denicorn.service").replaceAll("myapp", "shop"));
  assertEquals(texts.get(".gitignore"), "node_modules/\n.env\n");
  assertEquals(texts.get("Dockerfile"), read("Dockerfile").replaceAll("myapp", "shop"));
});

Deno.test("the name of an app is one that a unit and an account may have", () => {
  const names = ["shop", "My Shop 2", "9lives", "---", "", "ünï", "a".repeat(40)].map(projectName);
  assertEquals(names, ["shop", "my-shop-2", "lives", "myapp", "myapp", "n", "a".repeat(30)]);
  assert(names.every((name) => /^[a-z][a-z0-9-]*$/.test(name)));
});

Deno.test("a deno.json that was there before is said to lack the types", () => {
  const written = projectFiles("shop").find(({ name }) => name === "deno.json")!.text;
  assertEquals(typesHint(written), null);
  assertEquals(
    typesHint("{}"),
    'Add to deno.json, for deno check and editors: "compilerOptions": {"types":["./denicorn.d.ts"]}',
  );
});
