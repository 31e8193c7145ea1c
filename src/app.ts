/** Puts the house together, and takes it apart again: the only file that knows everyone. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SearchParameter } from 'fhir/r4';
import { everythingAs, type Permit } from './access/permit.ts';
import { restrict } from './access/restrict.ts';
import type { Config } from './config.ts';
import { loadRegistry, searchParameterDefinition } from './definitions/load.ts';
import type { Registry } from './definitions/registry.ts';
import type { Clock, Resource } from './fhir/resource.ts';
import type { Services } from './http/call.ts';
import { createCapabilities } from './http/capability.ts';
import { checkResource } from './http/check-resource.ts';
import { createDispatch } from './http/dispatch.ts';
import { ROUTES } from './http/routes.ts';
import { createServer, type FhirServer, type ServerParts, type ServerSettings } from './http/server.ts';
import type { Log } from './log.ts';
import { RULE_ENGINE } from './pro/forms.ts';
import { ruleEngine } from './pro/resources.ts';
import { createRecord } from './record/create-record.ts';
import { createQuestionnaires } from './record/questionnaires.ts';
import type { Operation, RecordKeeper } from './record/record.ts';
import { createIndexer, type Indexer } from './search/extract.ts';
import { createParams, type Params } from './search/params.ts';
import { createMemoryStore } from './store/memory/memory-store.ts';
import { openSqliteStore } from './store/sqlite/sqlite-store.ts';
import type { Reader, Store } from './store/store.ts';
import { createValidator } from './validate/create-validator.ts';
import type { Validator } from './validate/validator.ts';

export interface App {
  /** Where the server listens: `http://127.0.0.1:8080`. */
  readonly origin: string;
  /** The FHIR base as clients see it. */
  readonly base: string;
  readonly store: Store;
  readonly record: RecordKeeper;
  /** Finishes what is in flight, then closes the store. */
  close(): Promise<void>;
}

export interface Outside {
  readonly log: Log;
  readonly clock: Clock;
}

/** Throws where the address or the store cannot be had; the message says why in a sentence. */
export async function startApp(config: Config, outside: Outside): Promise<App> {
  const http = createServer(serverSettings(config, outside.log));
  const origin = await listen(http, config);
  const base = config.baseUrl ?? `${origin}/fhir`;
  try {
    const { store, record } = await assemble(config, outside, { http, base });
    outside.log.info({ base }, 'ready');
    return { origin, base, store, record, close: () => close(http, store, outside.log) };
  } catch (error) {
    http.server.close();
    throw error;
  }
}

interface Place {
  readonly http: FhirServer;
  readonly base: string;
}

interface Core {
  readonly store: Store;
  readonly record: RecordKeeper;
}

async function assemble(config: Config, outside: Outside, place: Place): Promise<Core> {
  const definitions = ownDefinitions();
  const registry = loadRegistry(definitions.filter(isSearchParameter).map(searchParameterDefinition));
  const params = createParams(registry);
  const index = createIndexer(params, place.base);
  const store = await openStore(config, params, index);
  const validator = createValidator(registry);
  const record = createRecord({ store, validator, index, clock: outside.clock, ids: randomUUID, settings: { references: config.references } });
  await record.commit({ operations: definitions.map(storing) }, SYSTEM);
  openHouse(config, outside, { ...place, registry, params, index, store, validator, record });
  return { store, record };
}

interface House extends Place, Core {
  readonly registry: Registry;
  readonly params: Params;
  readonly index: Indexer;
  readonly validator: Validator;
}

function openHouse(config: Config, { log, clock }: Outside, house: House): void {
  const { http, base, registry, params, index, store, validator, record } = house;
  const readerFor = (permit: Permit): Reader => restrict(store, permit, index);
  const checker = { validator, questionnaires: createQuestionnaires(params, registry.valueSetCodes), references: config.references };
  const services: Services = {
    registry,
    params,
    keeper: record,
    readerFor,
    validate: (resource, reader) => checkResource(resource, reader, checker),
    clock,
    capabilities: createCapabilities({ routes: ROUTES, params, software: SOFTWARE, date: clock(), secured: config.auth === 'smart' }),
  };
  const dispatch = createDispatch(ROUTES, services, (id, error, route) => log.error({ id, route, err: error }, 'fault'));
  http.open({ dispatch, readerFor, base, authenticate: authenticator(config), healthy: async () => (await store.counter('health')) >= 0 });
}

const SYSTEM = everythingAs('PRO Bridge', RULE_ENGINE);

/** Under AUTH=smart nobody is recognised yet: only the public endpoints answer. */
function authenticator({ auth }: Config): ServerParts['authenticate'] {
  const anyone = everythingAs('anyone on this machine');
  return auth === 'off' ? () => anyone : () => undefined;
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const SOFTWARE = { name: 'PRO Bridge', version: (JSON.parse(readFileSync(here('../package.json'), 'utf8')) as { version: string }).version };

/** The resources in profiles/, and the Device that stands for the rules. */
function ownDefinitions(): readonly Resource[] {
  const folder = here('../profiles');
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const read = files.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Resource); // our own files
  return [...read, ruleEngine() as unknown as Resource];
}

const isSearchParameter = (resource: Resource): resource is Resource & SearchParameter => resource.resourceType === 'SearchParameter';

/** What is stored already, word for word, becomes no new version. */
const storing = (resource: Resource): Operation => ({ op: 'update', id: resource.id ?? '', resource });

async function openStore(config: Config, params: Params, index: Indexer): Promise<Store> {
  if (config.database.kind === 'memory') return createMemoryStore({ index });
  mkdirSync(dirname(config.database.file), { recursive: true });
  return openSqliteStore({ file: config.database.file, params, index });
}

function serverSettings({ auth, maxBody, host }: Config, log: Log): ServerSettings {
  const events: ServerSettings['events'] = {
    answered: (entry) => log.info(entry, 'request'),
    failed: (id, error) => log.error({ id, err: error }, 'fault'),
  };
  return { maxBody, events, ...(auth === 'off' ? { hosts: new Set([...LOOPBACK, host]) } : {}) };
}

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

function listen({ server }: FhirServer, { host, port }: Config): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`Port ${port} of ${host} is taken; set PORT to a free one.`) : error),
    );
    server.listen(port, host, () => {
      const { port: given } = server.address() as AddressInfo; // a server that listens on a port has such an address
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${given}`);
    });
  });
}

/** Longest that a request under way may still take, in ms. */
const PATIENCE = 10_000;

async function close({ server, drain }: FhirServer, store: Store, log: Log): Promise<void> {
  const late = setTimeout(() => server.closeAllConnections(), PATIENCE);
  await drain();
  clearTimeout(late);
  await store.close();
  log.info('closed');
}
