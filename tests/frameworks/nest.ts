/** NestJS, as its sources are and as its command line compiles them. */

import type { Framework } from "./framework.ts";

const page = { page: "hello from nest", paths: { "/items/7": { contains: `{"id":7}` } } };

export const nest: Framework = {
  name: "nest",
  packages: [
    "@nestjs/cli@12.0.8",
    ...["common", "core", "platform-express"].map((name) => `@nestjs/${name}@12.5.1`),
    "reflect-metadata@0.2.2",
    "rxjs@7.8.2",
    "@types/node@26.6.6",
    "typescript@6.0.3",
  ],
  files: {
    "nest-cli.json": `{ "collection": "@nestjs/schematics", "sourceRoot": "src" }\n`,
    "tsconfig.json": JSON.stringify({
      compilerOptions: {
        module: "nodenext",
        moduleResolution: "nodenext",
        emitDecoratorMetadata: true,
        experimentalDecorators: true,
        target: "ES2023",
        outDir: "./dist",
        rootDir: "./src",
        sourceMap: true,
        skipLibCheck: true,
        types: ["node"],
        strictNullChecks: true,
      },
      include: ["src"],
    }),
    "src/main.ts": `
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  app.enableShutdownHooks();
  await app.listen(process.env.PORT ?? 3000);
}
void bootstrap();
`,
    "src/app.module.ts": `
import { Module } from '@nestjs/common';
import { AppController } from './app.controller.js';
import { AppService } from './app.service.js';

@Module({ controllers: [AppController], providers: [AppService] })
export class AppModule {}
`,
    "src/app.controller.ts": `
import { Controller, Get, Param, ParseIntPipe } from '@nestjs/common';
import { AppService, Item } from './app.service.js';

@Controller()
export class AppController {
  constructor(private readonly appService: AppService) {}

  @Get()
  getHello(): string {
    return this.appService.getHello();
  }

  @Get('items/:id')
  getItem(@Param('id', ParseIntPipe) id: number): Item {
    return { id };
  }
}
`,
    "src/app.service.ts": `
import { Injectable } from '@nestjs/common';

export interface Item {
  id: number;
}

@Injectable()
export class AppService {
  getHello(): string {
    return 'hello from nest';
  }
}
`,
  },
  builds: [["nest", "build"]],
  outputs: [{ name: "sources", app: "src/main.ts", ...page }, {
    name: "nest build",
    app: "dist/main.js",
    ...page,
  }],
};
