/** What all terminology operations have in common: which definition is meant, versions, languages, resources that come along. */
import type { CodeSystem, ConceptMap, ValueSet } from 'fhir/r4';
import { parseResource } from '../../../fhir/json.ts';
import { FhirError } from '../../../fhir/outcome.ts';
import type { Resource } from '../../../fhir/resource.ts';
import { type LanguageWishes, readLanguages } from '../../../terminology/language.ts';
import type { RequestParts, VersionRules } from '../../../terminology/library.ts';
import { splitCanonical, type TerminologyResource } from '../../../terminology/source.ts';
import { txError } from '../../../terminology/tx-issue.ts';
import type { Call } from '../../call.ts';
import type { Input } from '../../operation-input.ts';

/** Names that every operation takes. */
export const COMMON = [
  'tx-resource',
  'useSupplement',
  'system-version',
  'check-system-version',
  'force-system-version',
  'default-valueset-version',
  'displayLanguage',
  '_format',
] as const;

const TYPES: readonly string[] = ['CodeSystem', 'ValueSet', 'ConceptMap'];
const MAX_RESOURCES = 200;

/** Resources, versions and supplements that come with the request. */
export async function requestParts(call: Call, input: Input): Promise<RequestParts> {
  const given = input.resources('tx-resource');
  if (given.length > MAX_RESOURCES) throw new FhirError('too-costly', `tx-resource stands ${given.length} times; at most ${MAX_RESOURCES} are read.`);
  for (const resource of given) await requireShape(call, resource, TYPES);
  const rules = versionRules(input);
  return {
    // of one of the three types, and shaped like it
    ...(given.length === 0 ? {} : { resources: given as unknown as readonly TerminologyResource[] }),
    ...(rules === undefined ? {} : { rules }),
  };
}

/** What came with a request was not validated before: it must at least be built like its type. */
async function requireShape({ services, reader }: Call, resource: Resource, types: readonly string[]): Promise<void> {
  if (!types.includes(resource.resourceType))
    throw new FhirError('bad-parameter', `A ${JSON.stringify(resource.resourceType.slice(0, 100))} is given where a ${types.join(' or ')} is expected.`);
  const issues = await services.validate(resource, reader);
  const faults = issues.filter(({ severity, code }) => (severity === 'error' || severity === 'fatal') && (code === 'structure' || code === 'value'));
  if (faults.length > 0) throw new FhirError('invalid', faults.map(({ text }) => text).join(' '), { issues: faults });
}

function versionRules(input: Input): VersionRules | undefined {
  const names = ['system-version', 'check-system-version', 'force-system-version', 'default-valueset-version'] as const;
  if (!names.some((name) => input.has(name))) return undefined;
  const [preset, check, force, valueSets] = names.map((name) => new Map(input.texts(name).map((text) => versionPair(name, text))));
  return { preset: preset ?? new Map(), check: check ?? new Map(), force: force ?? new Map(), valueSets: valueSets ?? new Map() };
}

function versionPair(name: string, text: string): readonly [string, string] {
  const { url, version } = splitCanonical(text);
  if (version === undefined) throw new FhirError('bad-parameter', `${name}=${JSON.stringify(text.slice(0, 200))} names no version; write url|version.`);
  return [url, version];
}

/** `displayLanguage`, else the header Accept-Language. */
export function languagesOf(input: Input, call: Call): LanguageWishes | undefined {
  const asked = input.text('displayLanguage');
  const wishes = asked === undefined ? undefined : readLanguages(asked);
  if (asked !== undefined && wishes === undefined)
    throw txError(
      'bad-parameter',
      'invalid-display',
      `displayLanguage=${JSON.stringify(asked.slice(0, 100))} is no language; write a BCP-47 tag such as de-CH, or several with weights.`,
    );
  const header = call.request.headers['accept-language'];
  const wanted = wishes ?? (header === undefined ? undefined : readLanguages(header));
  return wanted?.tags.length === 0 && wanted.others ? undefined : wanted;
}

interface Definitions {
  readonly CodeSystem: CodeSystem;
  readonly ValueSet: ValueSet;
  readonly ConceptMap: ConceptMap;
}

/** The stored resource that the path names, under the caller's rights; undefined where it names none. */
export async function storedOf<T extends keyof Definitions>({ named, reader }: Call, type: T): Promise<Definitions[T] | undefined> {
  const { id } = named;
  if (id === undefined) return undefined;
  const version = await reader.read(type, id);
  if (version === undefined || version.method === 'delete') throw new FhirError('not-found', `There is no ${type}/${id} here, or you may not see it.`);
  return parseResource(version.text) as unknown as Definitions[T]; // it was validated as one when it was stored
}

/** A resource of the type in a parameter. */
export async function givenOf<T extends keyof Definitions>(
  call: Call,
  input: Input,
  { name, type }: { name: string; type: T },
): Promise<Definitions[T] | undefined> {
  const resource = input.resource(name);
  if (resource !== undefined) await requireShape(call, resource, [type]);
  else if (input.has(name)) throw new FhirError('bad-parameter', `${name} is a ${type}: send it by POST as resource in Parameters.`);
  return resource as unknown as Definitions[T] | undefined; // of that type, and shaped like it
}

/** Definitions are kept as they are now, not as they once were. */
export function requireNow(input: Input, { services }: Call): void {
  const date = input.text('date');
  if (date === undefined) return;
  if (!/^\d{4}(-\d{2}(-\d{2}(T[0-9:.]+(Z|[+-]\d{2}:\d{2}))?)?)?$/.test(date))
    throw new FhirError('bad-parameter', `date=${JSON.stringify(date.slice(0, 100))} is no date.`);
  const today = services.clock().toISOString();
  if (date < today.slice(0, Math.min(date.length, 10)))
    throw new FhirError(
      'unknown-parameter',
      `date=${date} lies in the past: definitions are not kept as they were then. Name the version that was in use instead (url|version, system-version).`,
    );
}
