/** Puts the house together, and takes it apart again: the only file that knows everyone. */
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { everythingAs, type Permit } from './access/permit.ts';
import { restrict } from './access/restrict.ts';
import type { Config } from './config.ts';
import { loadRegistry } from './definitions/load.ts';
import { createEgress, type Egress } from './egress/egress.ts';
import { timelineBuilder } from './exchange/build-timeline.ts';
import { createFind } from './exchange/find.ts';
import { type Bridge, createBridge } from './exchange/pull.ts';
import type { Clock } from './fhir/resource.ts';
import type { Services } from './http/call.ts';
import { checkResource } from './http/check-resource.ts';
import { createDescription } from './http/description.ts';
import { createDispatch } from './http/dispatch.ts';
import { following } from './http/interactions/questionnaire/next-question.ts';
import { ROUTES } from './http/routes.ts';
import { createSeal, type Seal } from './http/seal.ts';
import { createServer, type FhirServer, type ServerParts, type ServerSettings } from './http/server.ts';
import { timeOrderedId } from './ids.ts';
import type { Log } from './log.ts';
import { loadOwn, missingNumbers, numbersOf, type Own, ownRefs, SOFTWARE, sourceOf, storeOwn } from './own.ts';
import { createKeptCodes } from './packages/kept-codes.ts';
import { refusingAnswers } from './packages/offered.ts';
import { createPackages, type Packages } from './packages/packages.ts';
import { createRemoteTerminology } from './packages/remote-terminology.ts';
import { packageOf } from './packages/tag.ts';
import { type AskElsewhere, createTerminologyService, type TerminologyService } from './packages/terminology-service.ts';
import { termsOver } from './questionnaire/terms.ts';
import { createRecord, type ProParts } from './record/create-record.ts';
import { createDefinitionKeeper, loadStored } from './record/definitions.ts';
import { checkingQuestionnaires } from './record/questionnaire-validator.ts';
import { createQuestionnaires } from './record/questionnaires.ts';
import type { RecordKeeper } from './record/record.ts';
import { openSearchIndex, type SearchIndex } from './record/search-index.ts';
import { checkingSearchParameters } from './record/search-parameter-validator.ts';
import { createIndexer, type Indexer } from './search/extract.ts';
import { createParams, type Params } from './search/params.ts';
import { createReadiness } from './search/readiness.ts';
import { createMemoryStore } from './store/memory/memory-store.ts';
import { openSqliteStore } from './store/sqlite/sqlite-store.ts';
import type { Reader, Store } from './store/store.ts';
import { listCodes } from './terminology/expand.ts';
import { createTerminology } from './terminology/terminology.ts';
import { createValidator } from './validate/create-validator.ts';
import type { Validator } from './validate/validator.ts';
import type { PageDeps } from './web/deps.ts';
import { createPlans } from './web/form/plans.ts';
import { createPages } from './web/pages.ts';
import { createWhen } from './web/when.ts';

export interface App {
  /** Where the server listens: `http://127.0.0.1:8080`. */
  readonly origin: string;
  /** The FHIR base as clients see it. */
  readonly base: string;
  readonly store: Store;
  readonly record: RecordKeeper;
  readonly bridge: Bridge;
  /** Finishes what is in flight, then closes the store. */
  close(): Promise<void>;
}

export interface Outside {
  readonly log: Log;
  readonly clock: Clock;
}

/** Throws where the address, the instruments or the store cannot be had; the message says why. */
export async function startApp(config: Config, outside: Outside): Promise<App> {
  const http = createServer(serverSettings(config, outside.log));
  const origin = await listen(http, config);
  const base = config.baseUrl ?? `${origin}/fhir`;
  try {
    const house = await build(config, outside, base);
    await storeOwn(house.own, house.record);
    http.open(served(config, outside, house));
    house.bridge.start(config.pullInterval);
    outside.log.info({ base }, 'ready');
    const { store, record, bridge } = house;
    return { origin, base, store, record, bridge, close: () => close(http, house, outside.log) };
  } catch (error) {
    http.server.close();
    throw error;
  }
}

/** The database without a server. */
export interface Opened {
  readonly packages: Packages;
  readonly store: Store;
  close(): Promise<void>;
}

/** What the command line installs into, while no server runs on the same data. Throws where one does. */
export async function openPackages(config: Config, outside: Outside): Promise<Opened> {
  const house = await build(config, outside, config.baseUrl ?? `http://${config.host}:${config.port}/fhir`);
  await storeOwn(house.own, house.record);
  const close = async (): Promise<void> => {
    await house.egress.close();
    await house.searchIndex.stop();
    await house.store.close();
  };
  return { packages: house.packages, store: house.store, close };
}

/** Everything that is made once, and lives as long as the server. */
interface House {
  readonly base: string;
  readonly own: Own;
  readonly params: Params;
  readonly searchIndex: SearchIndex;
  readonly index: Indexer;
  readonly validator: Validator;
  readonly store: Store;
  readonly seal: Seal;
  readonly record: RecordKeeper;
  readonly packages: Packages;
  readonly egress: Egress;
  readonly terminology: TerminologyService;
  readonly bridge: Bridge;
}

async function build(config: Config, { log, clock }: Outside, base: string): Promise<House> {
  const own = loadOwn(config);
  const registry = loadRegistry(own.definitions, listCodes);
  const readiness = createReadiness();
  const params = createParams(registry, readiness);
  const index = createIndexer(params, base, await spellingOf(config));
  const store = await openStore(config, params, index);
  const definitions = createDefinitionKeeper({ registry, sourceOf: sourceOf(own) });
  await loadStored(store, definitions);
  const onFault = (err: unknown): void => log.error({ err }, 'a step of indexing failed and is tried again');
  const searchIndex = await openSearchIndex({ store, registry, params, readiness, onFault });
  const withheld = refusingAnswers(createValidator(registry, config), own.withheld, { settings: missingNumbers(config) });
  const forms = checkingQuestionnaires(withheld, termsOver(registry), registry);
  const validator = checkingSearchParameters(forms, params, (resource) => packageOf(resource) !== undefined);
  const ids = (): string => timeOrderedId();
  const pro: ProParts = {
    params,
    ...own,
    numbers: numbersOf(config),
    timeZone: config.timeZone,
    onFault: (err) => log.error({ err }, 'an answer was stored without its scores or alerts'),
  };
  const egress = createEgress({ origins: outsideOrigins(config) });
  const terminology = createTerminologyService({
    pure: createTerminology(registry),
    codes: createKeptCodes(store),
    elsewhere: elsewhereOf(config, { log, clock }, egress),
  });
  const { confirm } = terminology;
  const record = createRecord({
    store,
    validator,
    index,
    clock,
    ids,
    settings: { references: config.references, confirm, unknownQuestionnaires: config.unknownQuestionnaires },
    definitions,
    pro,
  });
  const brought = ownRefs(own);
  const packages = createPackages({ reader: store, keeper: record, params, registry, validator, isOwn: (ref) => brought.has(ref) });
  const bridge = createBridge({ store, record, egress, hospitals: config.hospitals, params, clock, ids, log });
  for (const { name } of own.withheld)
    log.warn({ instrument: name, missing: missingNumbers(config) }, 'not offered: it asks red-flag questions, and the numbers to call are not set');
  return { base, own, params, searchIndex, index, validator, store, seal: await createSeal(store), record, packages, egress, terminology, bridge };
}

/** The servers that an administrator named: they may be anywhere. */
const outsideOrigins = ({ hospitals, terminologyServer }: Config): readonly string[] =>
  [...hospitals.map(({ url }) => url), ...(terminologyServer === undefined ? [] : [terminologyServer])].map((url) => new URL(url).origin);

function elsewhereOf({ terminologyServer: url }: Config, { log, clock }: Outside, egress: Egress): AskElsewhere | undefined {
  if (url === undefined) return undefined;
  return createRemoteTerminology({ url, egress, clock, onFault: (err) => log.warn({ err }, 'the terminology server does not answer') });
}

/** How names are spelled besides; the package that knows it is large, and loaded where it is wanted. */
const spellingOf = async ({ namePinyin }: Config) => (namePinyin === 'on' ? (await import('./search/pinyin.ts')).pinyinSpellings : undefined);

/** What the FHIR server and the pages are given. */
function served(config: Config, { log, clock }: Outside, house: House): ServerParts {
  const { base, params, index, store, validator, record, bridge } = house;
  const { registry } = params;
  const readerFor = (permit: Permit): Reader => restrict(store, permit, index);
  const timeline = timelineOf(house, clock);
  const around = () => ({ params, now: clock(), timeZone: config.timeZone });
  const checker = {
    validator,
    questionnaires: createQuestionnaires(params),
    references: config.references,
    unknownQuestionnaires: config.unknownQuestionnaires,
    confirm: house.terminology.confirm,
    around,
  };
  const services: Services = {
    registry,
    params,
    keeper: record,
    readerFor,
    validate: (resource, reader, profiles) => checkResource(resource, reader, checker, profiles),
    terminology: house.terminology,
    bridge,
    timeline,
    packages: house.packages,
    searchIndex: house.searchIndex,
    forms: { questionnaires: checker.questionnaires, banks: house.own.banks, around, ids: () => timeOrderedId() },
    clock,
    seal: house.seal,
    settings: config,
    description: createDescription({ routes: ROUTES, params, settings: config, secured: config.auth === 'smart', software: SOFTWARE, clock }),
  };
  const dispatch = createDispatch(ROUTES, services, (id, err, route) => log.error({ id, route, err }, 'fault'));
  const pages = createPages(
    pageDeps(config, house, {
      clock,
      timeline,
      plans: createPlans(checker.questionnaires),
      next: (response, reader) => following(response, { services, reader }),
      api: { offer: services.description.offer, registry, base },
      fault: (err) => log.error({ err }, 'fault'),
    }),
  );
  return { dispatch, readerFor, base, pages, authenticate: authenticator(config), healthy: async () => (await store.counter('health')) >= 0 };
}

function timelineOf({ params, bridge }: House, clock: Clock): PageDeps['timeline'] {
  const build = timelineBuilder(params);
  return async (reader, id) => build(reader, await bridge.status(`Patient/${id}`), `Patient/${id}`, clock());
}

function pageDeps(
  config: Config,
  { own, params, record }: House,
  { clock, timeline, plans, next, fault, api }: Pick<PageDeps, 'clock' | 'timeline' | 'plans' | 'next' | 'fault' | 'api'>,
): PageDeps {
  const alerts = own.instruments.flatMap((instrument) => instrument.alerts ?? []);
  const rules = own.instruments.flatMap(({ scoring }) => scoring?.scores ?? []);
  return {
    find: createFind(params),
    keeper: record,
    clock,
    ids: () => timeOrderedId(),
    timeline,
    intervals: new Map(alerts.map(({ questionnaire, interval }) => [questionnaire, interval])),
    ranges: new Map(rules.map(({ code, range }) => [`${code.system}|${code.code}`, range])),
    siteName: config.siteName,
    when: createWhen(config.timeZone),
    notices: noticesOf(config),
    outOfHours: config.outOfHoursContact,
    plans,
    next,
    api,
    fault,
    outside: (reader) => ({ reader, params, now: clock(), timeZone: config.timeZone }),
    numbers: numbersOf(config),
    timeZone: config.timeZone,
  };
}

/** What staff must know of how this server is set up, on every page. */
function noticesOf({ auth, outOfHoursContact }: Config): readonly string[] {
  const open = 'Trial without sign-in: everyone on this machine may see and do everything; telephone numbers are examples.';
  const nobody = 'No out-of-hours contact is set: outside working hours alerts reach nobody.';
  return [...(auth === 'off' ? [open] : []), ...(outOfHoursContact === undefined ? [nobody] : [])];
}

/** Under AUTH=smart nobody is recognised yet: only the public endpoints answer. */
function authenticator({ auth }: Config): ServerParts['authenticate'] {
  const anyone = everythingAs('anyone on this machine');
  return auth === 'off' ? () => anyone : () => undefined;
}

async function openStore(config: Config, params: Params, index: Indexer): Promise<Store> {
  if (config.database.kind === 'memory') return createMemoryStore({ index });
  mkdirSync(dirname(config.database.file), { recursive: true });
  return openSqliteStore({ file: config.database.file, params, index, indexed: `pinyin ${config.namePinyin}` });
}

function serverSettings({ auth, maxBody, host, baseUrl }: Config, log: Log): ServerSettings {
  const events: ServerSettings['events'] = {
    answered: (entry) => log.info(entry, 'request'),
    failed: (id, error) => log.error({ id, err: error }, 'fault'),
  };
  return { maxBody, events, ...(auth === 'off' ? { hosts: new Set([...LOOPBACK, host, ...(baseUrl === undefined ? [] : [new URL(baseUrl).hostname])]) } : {}) };
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

async function close({ server, drain }: FhirServer, { bridge, egress, searchIndex, store }: House, log: Log): Promise<void> {
  const late = setTimeout(() => server.closeAllConnections(), PATIENCE);
  await Promise.all([drain(), bridge.stop(), searchIndex.stop()]);
  clearTimeout(late);
  await egress.close();
  await store.close();
  log.info('closed');
}
