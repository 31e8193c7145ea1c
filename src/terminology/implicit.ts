/**
 * Value sets that exist without being written down: all of a code system by `CodeSystem.valueSet`, and the `?fhir_vs` forms of
 * SNOMED CT and LOINC. https://hl7.org/fhir/R4/snomedct.html#implicit, https://hl7.org/fhir/R4/loinc.html#implicit
 */
import type { ValueSet, ValueSetComposeInclude } from 'fhir/r4';
import { printCanonical, splitCanonical, type TerminologySource } from './source.ts';

export const SNOMED = 'http://snomed.info/sct';
export const LOINC = 'http://loinc.org';

export function implicitValueSet(canonical: string, source: TerminologySource): ValueSet | undefined {
  return snomedSet(canonical) ?? loincSet(canonical) ?? wholeSystem(canonical, source);
}

function setOf(url: string, include: ValueSetComposeInclude, name: string): ValueSet {
  return { resourceType: 'ValueSet', url, status: 'active', name, compose: { include: [include] } };
}

/** `http://snomed.info/sct[/module[/version/date]]?fhir_vs[=isa/ID|=refset/ID|=refset]` */
const SNOMED_SET = /^(http:\/\/snomed[.]info\/sct)(\/\d+(?:\/version\/\d+)?)?[?]fhir_vs(?:=(.+))?$/;

function snomedSet(canonical: string): ValueSet | undefined {
  const [matched, system = '', edition, meaning = ''] = SNOMED_SET.exec(canonical) ?? [];
  if (matched === undefined) return undefined;
  const common = { system, ...(edition === undefined ? {} : { version: system + edition }) };
  if (meaning === '') return setOf(canonical, common, 'All of SNOMED CT');
  const [kind, id = ''] = meaning.split('/');
  if (!/^\d{6,18}$/.test(id)) return undefined;
  if (kind === 'isa') return setOf(canonical, { ...common, filter: [{ property: 'concept', op: 'is-a', value: id }] }, `SNOMED CT below ${id}`);
  if (kind === 'refset') return setOf(canonical, { ...common, filter: [{ property: 'concept', op: 'in', value: id }] }, `SNOMED CT reference set ${id}`);
  return undefined;
}

/** `http://loinc.org/vs` is all of LOINC, `http://loinc.org/vs/LL715-4` an answer list, `…/vs/LP14885-5` what is below a part. */
const LOINC_SET = /^http:\/\/loinc[.]org\/vs(?:\/(L[LP]\d+-\d))?$|^http:\/\/loinc[.]org[?]fhir_vs$/;

function loincSet(canonical: string): ValueSet | undefined {
  const { url } = splitCanonical(canonical);
  const match = LOINC_SET.exec(url);
  if (match === null) return undefined;
  const [, id] = match;
  if (id === undefined) return setOf(canonical, { system: LOINC }, 'All of LOINC');
  if (id.startsWith('LL')) return setOf(canonical, { system: LOINC, filter: [{ property: 'LIST', op: '=', value: id }] }, `LOINC answer list ${id}`);
  return setOf(canonical, { system: LOINC, filter: [{ property: 'concept', op: 'is-a', value: id }] }, `LOINC below ${id}`);
}

const wholes = new WeakMap<TerminologySource, { readonly revision: number; readonly byValueSet: ReadonlyMap<string, string> }>();

/** https://hl7.org/fhir/R4/codesystem-definitions.html#CodeSystem.valueSet */
function wholeSystem(canonical: string, source: TerminologySource): ValueSet | undefined {
  const known = wholes.get(source);
  const fresh = known?.revision === source.revision ? known : { revision: source.revision, byValueSet: systemsByValueSet(source) };
  wholes.set(source, fresh);
  const system = fresh.byValueSet.get(splitCanonical(canonical).url);
  return system === undefined ? undefined : setOf(canonical, splitSystem(system), `All of ${system}`);
}

function splitSystem(canonical: string): ValueSetComposeInclude {
  const { url, version } = splitCanonical(canonical);
  return { system: url, ...(version === undefined ? {} : { version }) };
}

/** The base writes each of its own down: only what came on top of it is looked through. */
function systemsByValueSet(source: TerminologySource): ReadonlyMap<string, string> {
  const listed = source.list('CodeSystem').filter(({ source: from }) => from !== 'base');
  const systems = listed.map(({ url, version }) => source.resource('CodeSystem', printCanonical(url, version))).filter((system) => system !== undefined);
  return new Map(
    systems.flatMap(({ valueSet, url, version }) => (valueSet === undefined ? [] : [[splitCanonical(valueSet).url, printCanonical(url, version)] as const])),
  );
}
