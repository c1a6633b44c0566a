/** NestJS as its command line writes a new project: TypeScript, and a constructor that gets what its types name. */

import { assertEquals, assertMatch } from "../assert.ts";
import { freePort, testOnOneTarget } from "./harness.ts";
import { linkPackages, underReload } from "./node_packages.ts";

const compilerOptions = {
  module: "nodenext",
  moduleResolution: "nodenext",
  esModuleInterop: true,
  isolatedModules: true,
  emitDecoratorMetadata: true,
  experimentalDecorators: true,
  target: "ES2023",
  strictNullChecks: true,
};

const project = (port: number) => ({
  "src/main.ts": `
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env.NEST_PORT ?? ${port});
}
bootstrap();
`,
  "src/app.module.ts": `
import { Module } from '@nestjs/common';
import { AppController } from './app.controller';
import { AppService } from './app.service';

@Module({
  imports: [],
  controllers: [AppController],
  providers: [AppService],
})
export class AppModule {}
`,
  "src/app.controller.ts": `
import { Body, Controller, Get, Param, ParseIntPipe, Post, Query } from '@nestjs/common';
import { AppService } from './app.service';

class Item {
  name: string;
}

@Controller()
export class AppController {
  constructor(private readonly appService: AppService) {}

  @Get()
  getHello(): string {
    return this.appService.getHello();
  }

  @Get('items/:id')
  getItem(@Param('id', ParseIntPipe) id: number, @Query() { more }: { more?: string }) {
    return { id, type: typeof id, more };
  }

  @Post('items')
  async create(@Body() item: Item): Promise<Item> {
    return item;
  }
}
`,
  "src/app.service.ts": `
import { Injectable, OnApplicationShutdown } from '@nestjs/common';

@Injectable()
export class AppService implements OnApplicationShutdown {
  getHello(): string {
    return 'Hello World!';
  }

  onApplicationShutdown(signal?: string) {
    console.log('shut down by', signal);
  }
}
`,
});

for (const config of ["tsconfig.json", "deno.json"]) {
  testOnOneTarget(
    `a NestJS program with the types that ${config} asks for runs in two workers, and a reload under load loses nothing`,
    async (host) => {
      linkPackages(host);
      const port = freePort();
      const server = host.start({
        files: { ...project(port), [config]: JSON.stringify({ compilerOptions }) },
        app: "src/main.ts",
        port,
        isBound: false,
        args: ["-w", "2"],
      });
      await server.ready(2);
      assertEquals(await server.text(), "Hello World!");
      assertEquals(await (await server.fetch("/items/7?more=a")).json(), {
        id: 7,
        type: "number",
        more: "a",
      });
      assertEquals((await server.fetch("/items/x")).status, 400);
      const headers = { "content-type": "application/json" };
      const created = await server.fetch("/items", { method: "POST", headers, body: '{"name":"a"}' });
      assertEquals([created.status, await created.json()], [201, { name: "a" }]);
      await underReload(server);
      server.kill("SIGTERM");
      assertEquals((await server.exit()).code, 0);
      assertEquals(server.leftovers(), []);
    },
  );
}

testOnOneTarget("hooks of NestJS for the end run after the last request", async (host) => {
  linkPackages(host);
  const port = freePort();
  const files = project(port);
  const main = files["src/main.ts"].replace(
    "await app.listen",
    "app.enableShutdownHooks();\n  await app.listen",
  );
  const server = host.start({
    files: { ...files, "src/main.ts": main, "tsconfig.json": JSON.stringify({ compilerOptions }) },
    app: "src/main.ts",
    port,
    isBound: false,
  });
  await server.ready(1);
  assertEquals(await server.text(), "Hello World!");
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertMatch(server.stdout, /shut down by SIGTERM/);
});
