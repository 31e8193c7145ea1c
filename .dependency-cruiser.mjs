/**
 * The drawing of the house, checked. `mayImport` IS the table in ARCHITECTURE.md: a room may import itself and the
 * rooms named beside it, nothing else. `store` is the port (src/store/*.ts); `adapters` are the folders below it.
 */
const mayImport = {
  fhir: [],
  definitions: ['fhir'],
  terminology: ['definitions', 'fhir'],
  search: ['terminology', 'definitions', 'fhir'],
  questionnaire: ['terminology', 'definitions', 'fhir'],
  validate: ['questionnaire', 'terminology', 'definitions', 'fhir'],
  pro: ['questionnaire', 'fhir'],
  store: ['search', 'fhir'],
  adapters: ['store', 'search', 'fhir'],
  access: ['store', 'search', 'fhir'],
  audit: ['store', 'fhir'],
  record: ['validate', 'questionnaire', 'pro', 'definitions', 'access', 'audit', 'store', 'search', 'fhir'],
  packages: ['record', 'validate', 'questionnaire', 'pro', 'terminology', 'definitions', 'egress', 'access', 'store', 'search', 'fhir'],
  egress: ['fhir'],
  exchange: ['record', 'access', 'audit', 'egress', 'store', 'search', 'fhir'],
  http: ['exchange', 'record', 'packages', 'validate', 'questionnaire', 'pro', 'terminology', 'definitions', 'access', 'audit', 'store', 'search', 'fhir'],
  demo: ['config', 'fhir'],
  web: ['http', 'exchange', 'record', 'packages', 'questionnaire', 'pro', 'definitions', 'access', 'store', 'search', 'fhir'],
};

const places = { store: '^src/store/[^/]+[.]ts$', adapters: '^src/store/[^/]+/', config: '^src/config[.]ts$' };
const pathOf = (room) => places[room] ?? `^src/${room}/`;
const pure = ['fhir', 'definitions', 'terminology', 'search', 'questionnaire', 'validate', 'pro'];
/** Each package that only one place may know. */
const oneDoor = {
  tar: '^src/packages/archive[.]ts$',
  express: '^src/http/server[.]ts$',
  fhirpath: '^src/fhir/fhirpath[.]ts$',
  'pinyin-pro': '^src/search/pinyin[.]ts$',
  'better-sqlite3': '^src/store/sqlite/',
  'fast-xml-parser': '^src/fhir/xml-text[.]ts$',
  rfc6902: '^src/fhir/json-patch[.]ts$',
  re2js: '^src/fhir/regex[.]ts$',
  '@lhncbc/ucum-lhc': '^src/terminology/ucum[.]ts$',
  'csv-parse': '^src/packages/text-table[.]ts$',
  'fhir-kit-client': '^src/exchange/hospital-client[.]ts$',
  pino: '^src/(app|main|log)[.]ts$',
};

export default {
  forbidden: [
    ...Object.entries(mayImport).map(([room, allowed]) => ({
      name: `${room} imports only ${allowed.length > 0 ? allowed.join(', ') : 'itself'}`,
      severity: 'error',
      from: { path: pathOf(room) },
      to: { path: '^src/', pathNot: [room, ...allowed].map(pathOf) },
    })),
    { name: 'no circles', severity: 'error', from: { path: '^src/' }, to: { circular: true } },
    {
      name: 'pure rooms do no input or output',
      severity: 'error',
      from: { path: pure.map((room) => `^src/${room}/`), pathNot: '^src/definitions/load[.]ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'only app.ts imports store adapters',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/app[.]ts$', '^src/store/[^/]+/'] },
      to: { path: '^src/store/[^/]+/' },
    },
    {
      name: 'nobody imports main.ts or app.ts but main.ts',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/main[.]ts$' },
      to: { path: '^src/(main|app)[.]ts$' },
    },
    ...Object.entries(oneDoor).map(([name, door]) => ({
      name: `${name} has one door`,
      severity: 'error',
      from: { path: '^src/', pathNot: door },
      to: { path: `^node_modules/${name}/` },
    })),
    {
      name: 'production code needs no development dependency',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], pathNot: '^node_modules/@types/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
