/** A whole server on a free port, over a store of either kind. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import { type App, startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';

export const STORES = ['memory:', 'sqlite:'] as const;

export interface Started {
  readonly app: App;
  /** Requests below the FHIR base: `api().get('/Patient/1')`. */
  readonly api: () => ReturnType<typeof supertest>;
  /** What was logged so far. */
  readonly log: () => string;
}

export async function start(settings: Readonly<Record<string, string>> = {}): Promise<Started> {
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const environment = { PORT: '0', AUTH: 'off', DATA_DIR: mkdtempSync(join(tmpdir(), 'pro-bridge-')), ...settings };
  const app = await startApp(readConfig(environment), { log, clock: () => new Date() });
  return { app, api: () => supertest(app.base), log: () => lines.join('') };
}

export const FHIR = 'application/fhir+json';
