/**
 * Requests that nobody means. The tests show that each is refused with a reason; `npm run bench:refusals` shows how soon.
 */

/** A PATCH that is JSON Patch. */
const JSON_PATCH = 'application/json-patch+json';

/** A FHIRPath Patch that deletes what the path finds. */
const pathPatch = (path: string): string =>
  JSON.stringify({
    resourceType: 'Parameters',
    parameter: [
      {
        name: 'operation',
        part: [
          { name: 'type', valueCode: 'delete' },
          { name: 'path', valueString: path },
        ],
      },
    ],
  });
const bundle = (entry: unknown, type: unknown = 'transaction'): string => JSON.stringify({ resourceType: 'Bundle', type, entry });
const doubling = (path: string): string => `[${Array.from({ length: 20 }, (_, n) => `{"op":"copy","from":"${path}","path":"/k${n}"}`).join(',')}]`;

type Refused = readonly [what: string, method: string, path: string, body?: string | undefined, headers?: Readonly<Record<string, string>>];

/** Patient/p must be there. */
export const BAD_REQUESTS: readonly Refused[] = [
  ['a prototype as type', 'GET', '/constructor/1'],
  ['a prototype as type to write', 'PUT', '/__proto__/1', '{"resourceType":"__proto__","id":"1"}'],
  ['a prototype as operation', 'POST', '/Patient/p/$constructor', '{}'],
  ['a prototype as parameter', 'GET', '/Patient/p?__proto__=1'],
  ['a prototype as resourceType', 'POST', '/Patient', '{"resourceType":"constructor"}'],
  ['a null byte in an id', 'GET', '/Patient/a%00b'],
  ['a null byte in a version', 'GET', '/Patient/p/_history/%00'],
  ['an id that is too long', 'GET', `/Patient/${'a'.repeat(65)}`],
  ['a path that goes up', 'GET', '/Patient/..%2f..%2fetc%2fpasswd'],
  ['a thousand segments', 'GET', '/a'.repeat(1000)],
  ['a URL of 100 kB', 'GET', `/Patient?_id=${'a'.repeat(100_000)}`],
  ['a negative count', 'GET', '/Patient/_history?_count=-1'],
  ['no count', 'GET', '/Patient/_history?_count='],
  ['a broken date', 'GET', '/_history?_since=2026-02-30'],
  ['a date without end', 'GET', `/_history?_at=2026-01-01T00:00:00.${'0'.repeat(50_000)}x`],
  ['an order that is none', 'GET', '/_history?_sort=constructor'],
  ['a page that is none', 'GET', '/_history?_after=AAAA'],
  ['an ETag without end', 'PUT', '/Patient/p', '{"resourceType":"Patient","id":"p"}', { 'If-Match': `W/"${'1,'.repeat(20_000)}` }],
  ['a condition without end', 'POST', '/Patient', '{"resourceType":"Patient"}', { 'If-None-Exist': `x=${'a'.repeat(40_000)}` }],
  ['an Accept header without end', 'GET', '/Patient/p', undefined, { Accept: 'a/b;q=,'.repeat(7000) }],
  ['a format without end', 'GET', `/Patient/p?_format=${'x'.repeat(50_000)}`],
  ['a patch that is no list', 'PATCH', '/Patient/p', '{"op":"remove"}', { 'Content-Type': JSON_PATCH }],
  ['a patch of prototypes', 'PATCH', '/Patient/p', '[{"op":"add","path":"/__proto__/x","value":1}]', { 'Content-Type': JSON_PATCH }],
  ['a pointer of 100 kB', 'PATCH', '/Patient/p', `[{"op":"remove","path":"${'/a'.repeat(50_000)}"}]`, { 'Content-Type': JSON_PATCH }],
  ['a pointer of broken escapes', 'PATCH', '/Patient/p', `[{"op":"remove","path":"/${'~'.repeat(50_000)}"}]`, { 'Content-Type': JSON_PATCH }],
  ['copies of what nobody knows', 'PATCH', '/Patient/p', doubling('/active'), { 'Content-Type': JSON_PATCH }],
  ['too many operations', 'PATCH', '/Patient/p', `[${'{"op":"test","path":"","value":1},'.repeat(1000)}{}]`, { 'Content-Type': JSON_PATCH }],
  [
    'a merge patch of nothing but depth',
    'PATCH',
    '/Patient/p',
    `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`,
    { 'Content-Type': 'application/merge-patch+json' },
  ],
  ['FHIRPath of 50 kB', 'PATCH', '/Patient/p', pathPatch(`Patient${'.name'.repeat(10_000)}`)],
  ['FHIRPath of brackets', 'PATCH', '/Patient/p', pathPatch('('.repeat(9000))],
  ['FHIRPath that multiplies', 'PATCH', '/Patient/p', pathPatch(`Patient${'.repeat(children() | $this)'.repeat(30)}`)],
  ['FHIRPath that computes', 'PATCH', '/Patient/p', pathPatch("'a'.replaceMatches('(a+)+$', 'b')")],
  ['XML of declarations', 'POST', '/Patient', '<!DOCTYPE '.repeat(5000), { 'Content-Type': 'application/fhir+xml' }],
  ['XML that nests', 'POST', '/Patient', '<a>'.repeat(5000), { 'Content-Type': 'application/fhir+xml' }],
  ['a Bundle without entries to speak of', 'POST', '', bundle({ length: 7 })],
  ['a Bundle of nulls', 'POST', '', bundle([null])],
  ['a Bundle of a type that is none', 'POST', '', bundle([], { toString: 1 })],
  ['an entry with a method that is none', 'POST', '', bundle([{ request: { method: 'constructor', url: 'Patient' } }])],
  ['an entry with a URL that is none', 'POST', '', bundle([{ request: { method: 'GET', url: { a: 1 } } }])],
  ['an entry of another server', 'POST', '', bundle([{ request: { method: 'DELETE', url: 'http://elsewhere.example/fhir/Patient/p' } }])],
  [
    'a Binary that is no patch',
    'POST',
    '',
    bundle([{ request: { method: 'PATCH', url: 'Patient/p' }, resource: { resourceType: 'Binary', contentType: {}, data: 7 } }]),
  ],
  ['labels that are none', 'POST', '/Patient/p/$meta-add', '{"resourceType":"Parameters","parameter":[{"name":"meta","valueMeta":{"tag":{"length":9}}}]}'],
  ['a deletion of everything', 'DELETE', '/Patient'],
];

const many = (n: number, text: string): string => Array.from({ length: n }, () => text).join(',');

export const BAD_SEARCHES: readonly Refused[] = [
  ['a thousand ORs', 'GET', `/Patient?name=${many(1000, 'a')}`],
  ['a chain of 20', 'GET', `/Observation?${'subject:Patient.organization.'.repeat(10)}name=x`],
  ['_has of 20', 'GET', `/Patient?${'_has:Observation:patient:'.repeat(20)}code=x`],
  ['a count below nothing', 'GET', '/Patient?_count=-1'],
  ['a negative count', 'GET', '/Patient?_count=-1'],
  ['a broken date', 'GET', '/Patient?birthdate=2026-02-30'],
  ['a date in words', 'GET', '/Patient?birthdate=yesterday'],
  ['constructor', 'GET', '/Patient?constructor=1'],
  ['__proto__', 'GET', '/Patient?__proto__=1'],
  ['a chain to __proto__', 'GET', '/Observation?subject.__proto__=1'],
  ['sorting by constructor', 'GET', '/Patient?_sort=constructor'],
  ['a null byte', 'GET', '/Patient?name=a%00b'],
  ['a null byte in a name', 'GET', '/Patient?na%00me=a'],
  ['a filter that nests', 'GET', `/Patient?_filter=${'('.repeat(3000)}`],
  ['a filter of nots', 'GET', `/Patient?_filter=${'not('.repeat(1500)}`],
  ['a filter of a thousand ors', 'GET', `/Patient?_filter=${'name%20co%20a%20or%20gender%20eq%20male%20and%20'.repeat(150)}name%20co%20a%20foo`],
  ['a text that nests', 'GET', `/Patient?_text=${'('.repeat(3000)}`],
  ['a place beyond the pole', 'GET', '/Location?near=1e300|0'],
  ['a number of many digits', 'GET', `/RiskAssessment?probability=${'9'.repeat(5000)}`],
  ['200 parameters', 'GET', `/Patient?${'name=a&'.repeat(200)}`],
  ['a page that nobody gave', 'GET', '/Patient?_after=WzFd.x'],
  ['a value set that is not there', 'GET', '/Observation?code:in=http://nowhere.example/vs'],
];
